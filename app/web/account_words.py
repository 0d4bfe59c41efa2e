"""What is done with accounts, teams and sign-ins, as the log tells it."""

from __future__ import annotations

from typing import Final

from app.edge.languages import N_

DEEDS: Final = {
    "office.found": N_("Founded the office"),
    "account.invite_again": N_("Drew an invitation again"),
    "account.invite": N_("Invited a colleague"),
    "account.accept": N_("Used an invitation"),
    "account.disable": N_("Shut an account"),
    "signin.enter": N_("Signed in"),
    "signin.leave": N_("Signed out"),
    "signin.leave_everywhere": N_("Signed out everywhere"),
    "signin.close_lane": N_("Stopped tries to sign in"),
    "team.add": N_("Added a member to a team"),
    "team.remove": N_("Removed a member from a team"),
    "team.alarms": N_("Counted the alarms of their team"),
    "team.reseal": N_("Sealed old keys to a team anew"),
    "service.make": N_("Made a service"),
    "service.end": N_("Ended a service"),
    "service.list": N_("Listed the services"),
    "account.attention": N_("Looked at what accounts need"),
    "account.change_passphrase": N_("Changed their passphrase"),
    "account.renew_factor": N_("Drew their second factor anew"),
    "account.devices": N_("Looked at their devices"),
    "account.one": N_("Looked at a colleague's account"),
    "account.people": N_("Looked at all accounts"),
    "account.prefer": N_("Changed their language or keys"),
    "account.codes_left": N_("Counted their recovery codes"),
    "account.sessions": N_("Looked at their sessions"),
    "key.ages": N_("Looked at the age of keys"),
    "office.health": N_("Looked at the health of the office"),
    "signin.end": N_("Ended one session"),
    "signin.end_all": N_("Ended all sessions of a colleague"),
    "team.show": N_("Looked at a team"),
    "account.list": N_("Listed colleagues"),
    "account.at_work": N_("Looked whom to ask"),
    "account.colleague": N_("Looked up a colleague"),
    "account.me": N_("Looked at their own account"),
    "signin.step_up": N_("Gave a second factor for one action"),
    "signin.come_back": N_("Came back to a conversation with a second factor"),
    "security_key.add": N_("Added a security key"),
    "security_key.rename": N_("Renamed a security key"),
    "security_key.remove": N_("Removed a security key"),
    "account.second_factors": N_("Looked at their second factors"),
    "signin.suspect_key": N_("Noticed two of one security key"),
    "case.stepped": N_("Looked whether a second factor still holds"),
    "undertaking.sign": N_("Signed the undertaking of secrecy"),
    "undertaking.show": N_("Looked at the undertaking of secrecy"),
}

# Why an account was shut.
WHY: Final = {
    "LEFT": N_("They have left the office"),
    "LONG_ABSENCE": N_("They are away for long"),
    "DUTY_ENDED": N_("Their duty has ended"),
    "MISUSE_SUSPECTED": N_("Misuse is suspected"),
    "MADE_BY_MISTAKE": N_("The account was made by mistake"),
}
