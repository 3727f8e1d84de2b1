"""The one table and the one list of facts, as template tags of office, portal and account.

    {% table _("Lines") %}
      {% column _("What") %}
      {% column _("Amount") "number" %}
      {% for line in lines %}
        {% row %}
          {% cell %}{{ line.description }}{% endcell %}
          {% cell %}{{ line.amount_micros|money:currency }}{% endcell %}
        {% endrow %}
      {% endfor %}
    {% endtable %}

A cell has its column's name and layout, so that on a phone, where a row becomes a card, each
figure stands beside its name. `parts/grid.html` holds the table's markup.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django import template
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

GRID = "tollwright-grid"
MANY_COLUMNS = 5  # beyond this a phone shows two figures beside each other


@dataclass(frozen=True, slots=True)
class GridColumn:
    """A column's head. `layout`: '', number, nowrap or mono, of its cells too; `link` sorts by
    it, `direction` says how it is sorted; `select` is the box that ticks every row.
    """

    title: str
    layout: str
    link: str
    direction: str
    hidden: bool
    select: bool


@dataclass(slots=True)
class Grid:
    """What the tags inside a table have told so far; `place` is the next cell's column."""

    columns: list[GridColumn] = field(default_factory=list)
    foot: list[str] = field(default_factory=list)
    place: int = 0

    @property
    def dense(self) -> bool:
        """Whether a phone has to put its cells two by two."""
        return len(self.columns) > MANY_COLUMNS

    def next_column(self, span: int) -> GridColumn:
        """The column of the cell that is written now; the cell takes `span` of them."""
        column = self.columns[self.place]
        self.place += span
        return column


def _grid(context: Context) -> Grid:
    found = context.render_context.get(GRID)
    if not isinstance(found, Grid):
        found = context.render_context[GRID] = Grid()
    return found


@register.simple_tag(takes_context=True)
def column(
    context: Context,
    title: str,
    layout: str = "",
    *,
    link: str = "",
    direction: str = "none",
    hidden: bool = False,
    select: bool = False,
) -> str:
    """Declare the table's next column; a `hidden` title is for those who listen to the page."""
    shown = GridColumn(str(title), layout, link, direction, hidden, select)
    _grid(context).columns.append(shown)
    return ""


@register.simple_block_tag(takes_context=True)
def cell(
    context: Context, content: str, layout: str = "", *, head: bool = False, span: int = 1
) -> SafeString:
    """A cell of the next column; with `head` it names its row."""
    over = _grid(context).next_column(span)
    text = SafeString(content.strip())
    classes = layout or over.layout
    if not text:
        classes += " blank"
    if head:
        return format_html(
            '<th scope="row" role="rowheader" class="{}"{}>{}</th>', classes, _spanned(span), text
        )
    return format_html(
        '<td role="cell" data-label="{}" class="{}"{}>{}</td>',
        over.title,
        classes.strip(),
        _spanned(span),
        text,
    )


def _spanned(span: int) -> SafeString:
    return format_html(' colspan="{}"', span) if span > 1 else SafeString("")


@register.simple_block_tag(takes_context=True)
def row(context: Context, content: str) -> SafeString:
    """A row of cells."""
    _grid(context).place = 0
    return format_html('<tr role="row">{}</tr>', SafeString(content))


@register.simple_block_tag(takes_context=True)
def total(context: Context, content: str) -> str:
    """A row of sums: it stands at the table's foot, wherever it is written."""
    grid = _grid(context)
    grid.foot.append(row(context, content))
    return ""


@register.simple_block_tag(takes_context=True)
def table(context: Context, content: str, caption: str) -> SafeString:
    """The table of the columns and rows inside; the caption is for those who listen."""
    grid = _grid(context)
    del context.render_context[GRID]  # the next table of the page begins with no columns
    return render_to_string(
        "parts/grid.html",
        {"caption": caption, "grid": grid, "body": content, "foot": SafeString("".join(grid.foot))},
    )


@register.simple_block_tag
def fact(content: str, title: str, layout: str = "") -> SafeString:
    """One fact: its name and what holds."""
    classes = format_html(' class="{}"', layout) if layout else ""
    return format_html(
        "<div><dt>{}</dt><dd{}>{}</dd></div>", title, classes, SafeString(content.strip())
    )


@register.simple_block_tag
def facts(content: str, layout: str = "facts") -> SafeString:
    """A list of facts; as `sums` it is the foot of a bill."""
    return format_html('<dl class="{}">{}</dl>', layout, SafeString(content))
