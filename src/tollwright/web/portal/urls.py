"""The portal's addresses; they stand at the root."""

from __future__ import annotations

from django.urls import path

from tollwright.web.portal import calls, documents, overview, statement, usage

app_name = "portal"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("usage/", usage.usage_page, name="usage"),
    path("calls/", calls.calls, name="calls"),
    path("calls/<str:month>/<int:call_id>/", calls.call, name="call"),
    path("invoices/", documents.invoices, name="invoices"),
    path("invoices/<int:invoice_id>/", documents.invoice, name="invoice"),
    path("invoices/<int:invoice_id>/pdf/", documents.invoice_pdf, name="invoice_pdf"),
    path("payments/", documents.payments, name="payments"),
    path("receipts/<int:receipt_id>/pdf/", documents.receipt_pdf, name="receipt_pdf"),
    path("payment-changes/<int:change_id>/pdf/", documents.change_pdf, name="payment_change_pdf"),
    path("statement/", statement.statement, name="statement"),
]
