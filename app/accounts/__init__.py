"""Who works here: invitations, sign-ins, second factors, roles held. Builds the Caller.

A sign-in succeeds when the person's private key opens: nothing is stored that could be
compared with a passphrase.
"""
