package ui

import (
	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/internal/bulkhead"
	"github.com/coupontools/couponbot/sends"
)

// Deps are the services and settings that all domains share.
type Deps struct {
	Client *coupontools.Client
	Store  *bot.Store
	// Files sends files to people, Uploads reads theirs.
	Files   Deliverer
	Uploads Uploads
	Audit   *sends.Service
	// Region is the country of phone numbers written without + (ISO 3166 alpha-2), or "".
	Region string
	// Countries restricts text messages to these countries (ISO 3166 alpha-2). Empty: all.
	Countries []string
	Guard     *bulkhead.Guard
}
