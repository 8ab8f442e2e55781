"""The way out for alerts: one channel per address, behind which stands Apprise."""

from scramblebench.notify.channels import Channel, Deliver, open_channel, open_variable
from scramblebench.notify.targets import open_targets

__all__ = ["Channel", "Deliver", "open_channel", "open_targets", "open_variable"]
