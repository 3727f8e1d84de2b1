"""PDF documents by typst, in this process: no network, no system fonts needed."""

from tollwright.gateways.typst.renderer import RenderError, render, render_pages

__all__ = ["RenderError", "render", "render_pages"]
