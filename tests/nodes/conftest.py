"""The node tests import the pack as ``volcv_pack``."""

from tests.support.pack import load_pack

load_pack()
