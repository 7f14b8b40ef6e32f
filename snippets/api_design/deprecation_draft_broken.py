"""Broken: the headers as blog posts and drafts of the RFC have them."""

from starlette.datastructures import MutableHeaders

from . import deprecation


class Deprecation(deprecation.Deprecation):
    def add_to(self, headers: MutableHeaders) -> None:
        headers["Deprecation"] = "true"
        headers["Sunset"] = self.sunset.isoformat()
        headers["Link"] = f'<{self.policy}>; rel="deprecation"'
