"""Which action stands behind which address. One line each; all else follows from the action.

``{reference}`` is a case's or a submission's, ``{user}`` a colleague's code, ``{row}`` a row id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.accounts import actions as accounts
from app.accounts import mine, rota, security_keys, services, undertakings
from app.accounts import queries as account_queries
from app.cases import actions as cases
from app.cases import conflicts, ending, ending_queries, erasing, glass, takeovers, timeline
from app.cases import queries as case_queries
from app.intake import actions as intake
from app.intake import queries as intake_queries
from app.legal import actions as legal
from app.legal import assurances, leaving, moves, signing
from app.legal import queries as legal_queries
from app.narratives import actions as narratives
from app.narratives import queries as narrative_queries
from app.oversight import actions as oversight
from app.oversight import clocks, inquiries, keeping, reports, signs
from app.oversight import queries as oversight_queries
from app.people import actions as people
from app.people import lookups
from app.protection import actions as protection
from app.protection import answering
from app.protection import queries as protection_queries
from app.testimonies import actions as testimonies
from app.testimonies import (
    answers,
    claims,
    custody,
    drafts,
    mentions,
    paper,
    protocols,
    read_back,
    reading,
    safety,
    sessions,
    terms,
    versions,
)
from app.testimonies import queries as testimony_queries
from app.work import Action, Query


@dataclass(frozen=True)
class Post:
    """An action at an address."""

    path: str
    action: Action
    status: int = 200


@dataclass(frozen=True)
class Get:
    """A question at an address. It discloses nothing sealed."""

    path: str
    query: Query
    paged: bool = False
    # Codes that an address may carry to narrow a list, by the names of the query's parameters.
    filters: tuple[str, ...] = ()


POSTS: Final = (
    Post("/api/sign-out", accounts.leave),
    Post("/api/sign-out-everywhere", accounts.leave_everywhere),
    Post("/api/sign-outs/{row}", mine.end_one),
    Post("/api/me/preferences", mine.prefer),
    Post("/api/me/undertaking", undertakings.sign, 201),
    Post("/api/security_keys/{row}/rename", security_keys.rename),
    Post("/api/security_keys/{row}/remove", security_keys.remove),
    Post("/api/people", accounts.invite, 201),
    Post("/api/people/{user}/invite", accounts.invite_again),
    Post("/api/people/{user}/disable", accounts.disable),
    Post("/api/people/{user}/sign-out", mine.end_all),
    Post("/api/people/{user}/team", accounts.join_team),
    Post("/api/people/{user}/team/remove", accounts.leave_team),
    Post("/api/teams/reseal", accounts.reseal),
    Post("/api/people/{user}/rota", rota.set_shift, 201),
    Post("/api/shifts/{row}/cut", rota.cut),
    Post("/api/shifts/{row}/take-over", rota.take_over),
    Post("/api/break-glass", glass.break_glass, 201),
    Post("/api/break_glasses/{row}/end", glass.end),
    Post("/api/break_glasses/{row}/review", glass.review),
    Post("/api/services", services.make, 201),
    Post("/api/services/{user}/end", services.end),
    Post("/api/cases", cases.open_case, 201),
    Post("/api/cases/{reference}/hand-over", cases.hand_over),
    Post("/api/cases/{reference}/came-out", cases.came_out),
    Post("/api/cases/{reference}/grants", cases.give, 201),
    Post("/api/cases/{reference}/grants/revoke", cases.revoke),
    Post("/api/cases/{reference}/visits", cases.visit),
    Post("/api/visits/{row}/leave", cases.leave),
    Post("/api/people/{user}/takeover", takeovers.begin, 201),
    Post("/api/takeovers/{row}/go-on", takeovers.go_on),
    Post("/api/takeover_cases/{row}/pass", takeovers.pass_case),
    Post("/api/cases/{reference}/conflicts", conflicts.declare, 201),
    Post("/api/conflicts/{row}/lift", conflicts.lift),
    Post("/api/cases/{reference}/handoffs", cases.send, 201),
    Post("/api/cases/{reference}/retention", ending.record_choice, 201),
    Post("/api/cases/{reference}/closing", ending.propose_closing, 201),
    Post("/api/cases/{reference}/reopen", ending.reopen),
    Post("/api/cases/{reference}/holds", erasing.set_hold, 201),
    Post("/api/holds/{row}/lift", erasing.propose_lift, 201),
    Post("/api/cases/{reference}/destruction", erasing.propose_destruction, 201),
    Post("/api/proposals/{row}/close", ending.close),
    Post("/api/proposals/{row}/lift", erasing.lift),
    Post("/api/proposals/{row}/destroy", erasing.destroy),
    Post("/api/proposals/{row}/drop", ending.drop),
    Post("/api/cases/{reference}/person", people.record, 201),
    Post("/api/cases/{reference}/documents", people.record_document, 201),
    Post("/api/cases/{reference}/contacts", people.record_contact, 201),
    Post("/api/cases/{reference}/approach", people.record_approach, 201),
    Post("/api/cases/{reference}/claims", people.claim, 201),
    Post("/api/cases/{reference}/same-person", lookups.settle, 201),
    Post("/api/look-ups", lookups.ask_known),
    Post("/api/look-ups/find", lookups.find),
    Post("/api/look-ups/file", lookups.file),
    Post("/api/cases/{reference}/testimonies", testimonies.begin, 201),
    Post("/api/cases/{reference}/consents", testimonies.record_consent, 201),
    Post("/api/cases/{reference}/mitigation", legal.write, 201),
    Post("/api/cases/{reference}/mitigation/take", legal.take, 201),
    Post("/api/cases/{reference}/mitigation/move", moves.move, 201),
    Post("/api/cases/{reference}/mitigation/report", moves.report, 201),
    Post("/api/mitigation_assessments/{row}/propose", signing.propose),
    Post("/api/mitigation_assessments/{row}/withdraw", signing.withdraw),
    Post("/api/mitigation_assessments/{row}/return", signing.send_back),
    Post("/api/mitigation_assessments/{row}/sign", signing.sign),
    Post("/api/cases/{reference}/assurances", assurances.draft, 201),
    Post("/api/assurances/{row}/sign", assurances.sign),
    Post("/api/assurances/{row}/decline", assurances.decline),
    Post("/api/assurances/{row}/revoke", assurances.revoke),
    Post("/api/assurances/{row}/lapse", assurances.lapse),
    Post("/api/segments/{row}/tighten", leaving.tighten, 201),
    Post("/api/testimonies/{row}/leaving", leaving.judge),
    Post("/api/cases/{reference}/threats", protection.assess, 201),
    Post("/api/cases/{reference}/residences", protection.record_residence, 201),
    Post("/api/cases/{reference}/needs", protection.record_need, 201),
    Post("/api/cases/{reference}/check-ins", protection.plan_check_in, 201),
    Post("/api/cases/{reference}/public-reports", narratives.record, 201),
    Post("/api/public_reports/{row}/codes", narratives.code, 201),
    Post("/api/testimonies/{row}/limits", testimonies.explain_limits),
    Post("/api/testimonies/{row}/limits/read", terms.read_statement),
    Post("/api/testimonies/{row}/ready", testimonies.ready),
    Post("/api/testimonies/{row}/session", testimonies.start_session),
    Post("/api/testimonies/{row}/session/prepare", sessions.prepare),
    Post("/api/testimonies/{row}/session/events", sessions.note, 201),
    Post("/api/testimonies/{row}/session/interpreter", sessions.change_interpreter),
    Post("/api/testimonies/{row}/session/unprompted", sessions.unprompted),
    Post("/api/testimonies/{row}/session/interpreter/report", sessions.report),
    Post("/api/testimonies/{row}/account", testimonies.record, 201),
    Post("/api/testimonies/{row}/answers", answers.record, 201),
    Post("/api/testimonies/{row}/amendments", versions.amend, 201),
    Post("/api/testimonies/{row}/versions", versions.add_version, 201),
    Post("/api/testimonies/{row}/paper", paper.print_protocol, 201),
    Post("/api/paper_sessions/{row}/enter", paper.enter, 201),
    Post("/api/protocols", protocols.publish, 201),
    Post("/api/interpreters", sessions.register, 201),
    Post("/api/interpreters/{row}/undertaking", sessions.undertake),
    Post("/api/cases/{reference}/prior-accounts", sessions.record_prior, 201),
    Post("/api/testimonies/{row}/move", testimonies.move),
    Post("/api/cases/{reference}/claimed", claims.add, 201),
    Post("/api/testimonies/{row}/claimed", claims.read_claims),
    Post("/api/testimonies/{row}/read-back", read_back.read_back, 201),
    Post("/api/testimonies/{row}/safety", safety.record, 201),
    Post("/api/testimonies/{row}/safety/alert", safety.alert, 201),
    Post("/api/cases/{reference}/drafts", drafts.save, 201),
    Post("/api/drafts/{row}/discard", drafts.discard),
    Post("/api/rescues/{row}/take-up", drafts.take_up),
    Post("/api/consents/{row}/withdraw", testimonies.withdraw),
    Post("/api/check_ins/{row}/settle", protection.settle_check_in),
    Post("/api/escalations/{row}/acknowledge", answering.acknowledge),
    Post("/api/escalations/{row}/report", answering.report),
    Post("/api/submissions/{reference}/triage", intake.triage),
    Post("/api/submissions/{reference}/link", intake.link),
    # Opening: one address for each table that holds something sealed.
    Post("/api/retention_choices/{row}/open", ending.open_choice),
    Post("/api/persons/{row}/open", people.reveal),
    Post("/api/identity_documents/{row}/open", people.reveal_document),
    Post("/api/contact_channels/{row}/open", people.reveal_contact),
    Post("/api/approaches/{row}/open", people.open_approach),
    Post("/api/identity_claims/{row}/open", people.reveal_claim),
    Post("/api/same_person_findings/{row}/open", people.reveal_finding),
    Post("/api/testimonies/{row}/open", testimonies.open_testimony),
    Post("/api/testimonies/{row}/read", reading.read_account),
    Post("/api/testimonies/{row}/answers/read", answers.read_answers),
    Post("/api/protocol_answers/{row}/open", answers.open_answer),
    Post("/api/segments/{row}/open", testimonies.open_segment),
    Post("/api/drafts/{row}/open", drafts.open_draft),
    Post("/api/safety_answers/{row}/open", safety.open_answer),
    Post("/api/prior_accounts/{row}/open", testimonies.open_prior),
    Post("/api/cases/{reference}/mentions", mentions.record, 201),
    Post("/api/cases/{reference}/mentions/tie", mentions.tie, 201),
    Post("/api/mentions/{row}/read", mentions.read),
    Post("/api/mentions/{row}/open", mentions.open_mention),
    Post("/api/segment_versions/{row}/open", versions.open_version),
    Post("/api/claims/{row}/open", claims.open_claim),
    Post("/api/read_backs/{row}/open", read_back.open_read_back),
    Post("/api/session_events/{row}/open", sessions.open_event),
    Post("/api/exposure_events/{row}/open", sessions.open_exposure),
    Post("/api/paper_sessions/{row}/open", paper.open_paper),
    Post("/api/interpreters/{row}/open", sessions.open_interpreter),
    Post("/api/consents/{row}/open", testimonies.open_consent),
    Post("/api/attachments/{row}/open", testimonies.open_attachment),
    Post("/api/attachments/{row}/custody", custody.record_custody, 201),
    Post("/api/custody_events/{row}/open", custody.open_custody),
    Post("/api/mitigation_factors/{row}/open", legal.open_factor),
    Post("/api/mitigation_assessments/{row}/read", legal.read),
    Post("/api/second_readings/{row}/open", legal.open_reading),
    Post("/api/mitigation_steps/{row}/open", moves.open_step),
    Post("/api/assurances/{row}/open", assurances.open_assurance),
    Post("/api/terms_of_use/{row}/open", terms.open_terms),
    Post("/api/use_restrictions/{row}/open", terms.open_restriction),
    Post("/api/threat_assessments/{row}/open", protection.open_threat),
    Post("/api/residences/{row}/open", protection.reveal_residence),
    Post("/api/needs/{row}/open", protection.open_need),
    Post("/api/check_ins/{row}/open", protection.open_check_in),
    Post("/api/public_reports/{row}/open", narratives.open_report),
    Post("/api/codings/{row}/open", narratives.open_coding),
    Post("/api/handoffs/{row}/open", cases.open_handoff),
    Post("/api/handoffs/{row}/file", cases.file),
    Post("/api/justifications/{row}/open", cases.open_justification),
    Post("/api/submissions/{reference}/open", intake.open_submission),
    Post("/api/submission_files/{row}/open", intake.open_file),
    Post("/api/log/entries", oversight.ask),
    Post("/api/log/entry", oversight.entry),
    Post("/api/log/verify", oversight.verify),
    Post("/api/clock", clocks.confirm),
    Post("/api/log/signs", signs.signs),
    Post("/api/log/sample", signs.sample),
    Post("/api/log/looked", signs.looked_at),
    Post("/api/log/figures", reports.figures),
    Post("/api/log/case-report", reports.case_report),
    Post("/api/log/filters", keeping.keep, 201),
    Post("/api/kept_filters/{row}/drop", keeping.drop),
    Post("/api/people/{user}/inquiries", inquiries.open_inquiry, 201),
    Post("/api/inquiries/{row}/entries", inquiries.pick),
    Post("/api/inquiries/{row}/ask", inquiries.ask_them),
    Post("/api/inquiries/{row}/answer", inquiries.answer),
    Post("/api/inquiries/{row}/close", inquiries.close),
)

GETS: Final = (
    Get("/api/me", account_queries.me),
    Get("/api/me/second-factors", security_keys.second_factors),
    Get("/api/me/sessions", account_queries.sessions),
    Get("/api/me/undertaking", undertakings.show),
    Get("/api/me/devices", account_queries.devices),
    Get("/api/me/opened", oversight_queries.mine, paged=True),
    Get("/api/people", account_queries.colleagues, paged=True),
    Get("/api/rota", rota.rota, paged=True),
    Get("/api/rota/now", rota.on_duty_now),
    Get("/api/log/filters", keeping.kept_filters),
    Get("/api/inquiries", inquiries.inquiries, paged=True),
    Get("/api/inquiries/count", inquiries.count),
    Get("/api/inquiries/{row}", inquiries.show),
    Get("/api/inquiries/{row}/entries", inquiries.entries),
    Get("/api/people/{user}/held", takeovers.held, paged=True),
    Get("/api/leavers", takeovers.leavers),
    Get("/api/takeovers", takeovers.takeovers, paged=True),
    Get("/api/takeovers/{row}", takeovers.show, paged=True),
    Get("/api/conflicts", conflicts.conflicts, paged=True),
    Get("/api/break_glasses", glass.glasses, paged=True),
    Get("/api/break_glasses/count", glass.count),
    Get("/api/break_glasses/{row}", glass.show),
    Get("/api/break_glasses/{row}/records", glass.records),
    Get("/api/services", services.services, paged=True),
    Get("/api/cases", case_queries.cases, paged=True),
    Get("/api/cases/count", case_queries.count),
    Get("/api/cases/{reference}", case_queries.show),
    Get("/api/cases/{reference}/looked", case_queries.looked, paged=True),
    Get("/api/cases/{reference}/timeline", timeline.timeline, paged=True),
    Get("/api/cases/{reference}/conflicts", conflicts.of_case),
    Get("/api/cases/{reference}/visits", case_queries.visiting),
    Get("/api/cases/{reference}/ending", ending_queries.ending),
    Get("/api/proposals", ending_queries.waiting, paged=True),
    Get("/api/proposals/count", ending_queries.count),
    Get("/api/handoffs", case_queries.handoffs, paged=True),
    Get("/api/cases/{reference}/testimonies", testimony_queries.of_case),
    Get("/api/cases/{reference}/consents", testimony_queries.consents),
    Get("/api/cases/{reference}/custody", testimony_queries.custody),
    Get("/api/testimonies", testimony_queries.accounts, paged=True, filters=("state", "step")),
    Get("/api/testimonies/{row}", testimony_queries.show),
    Get("/api/testimonies/{row}/limits", terms.standing_of),
    Get("/api/interpreters", testimony_queries.interpreters, paged=True),
    Get("/api/protocols", protocols.versions, paged=True),
    Get("/api/protocols/{row}", protocols.show),
    Get("/api/paper_sessions/{row}", testimony_queries.paper),
    Get("/api/cases/{reference}/drafts", drafts.of_case),
    Get("/api/drafts", drafts.mine, paged=True),
    Get("/api/rescues", drafts.waiting),
    Get("/api/arrivals", intake_queries.arrivals, paged=True),
    Get("/api/handoffs/count", case_queries.count_handoffs),
    Get("/api/handoffs/{row}", case_queries.show_handoff),
    Get("/api/cases/{reference}/mitigation", legal_queries.assessments),
    Get("/api/mitigation/waiting", legal_queries.to_sign, paged=True),
    Get("/api/mitigation/returned", legal_queries.returned, paged=True),
    Get("/api/cases/{reference}/mitigation/course", legal_queries.course_of),
    Get("/api/mitigation/running", legal_queries.running, paged=True),
    Get("/api/cases/{reference}/assurances", legal_queries.assurances),
    Get("/api/assurances", legal_queries.waiting, paged=True),
    Get("/api/reviews", legal_queries.reviews, paged=True, filters=("standing",)),
    Get("/api/reviews/count", legal_queries.count),
    Get("/api/cases/{reference}/check-ins", protection_queries.of_case),
    Get("/api/cases/{reference}/escalations", answering.of_case),
    Get("/api/escalations", answering.alarms, paged=True),
    Get("/api/escalations/{row}", answering.alarm),
    Get("/api/check_ins", protection_queries.check_ins, paged=True, filters=("standing",)),
    Get("/api/check_ins/{row}", protection_queries.check_in),
    Get("/api/threats", protection_queries.threats, paged=True, filters=("standing",)),
    Get("/api/safety/count", protection_queries.count),
    Get("/api/codings/waiting", narrative_queries.waiting, paged=True, filters=("standing",)),
    Get("/api/codings/count", narrative_queries.count),
    Get("/api/submissions", intake_queries.queue, paged=True),
    Get("/api/submissions/{reference}", intake_queries.show),
)
