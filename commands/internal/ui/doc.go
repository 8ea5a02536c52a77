// Package ui has the parts that the commands of every domain share: lists and pagers, saved values, waiting modals, confirmed
// changes, idempotency, files, the audit table, and the words for errors. It knows no domain.
package ui
