"""`assay doctor`: what the fleet needs, looked at one by one, with a remedy for everything that is wrong."""

from workers.doctor.examining import examine
from workers.doctor.finding import Finding

__all__ = ["Finding", "examine"]
