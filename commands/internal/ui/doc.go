// Package ui has what the commands of every domain are built from: lists and pagers, saved values, waiting modals,
// confirmed changes, idempotency, files, and the words for the services' errors. It knows no domain.
package ui
