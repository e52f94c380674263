"""Checks a target from here: DNS at every name server, TCP, TLS, the page; the only code that looks at the outside."""

from handlers.probe._aim import Aim, Server
from handlers.probe._causes import PHASES, Cause, Owner, Phase
from handlers.probe._clean import clean
from handlers.probe._flight import Flight, Told
from handlers.probe._proxy import Proxy, passes_by
from handlers.probe._report import Finding, OnStep, Report, Step, Verdict
from handlers.probe._run import probe
from handlers.probe._words import Said, in_words

__all__ = [
    "PHASES", "Aim", "Cause", "Finding", "Flight", "OnStep", "Owner", "Phase", "Proxy", "Report", "Said", "Server",
    "Step", "Told", "Verdict", "clean", "in_words", "passes_by", "probe",
]  # fmt: skip
