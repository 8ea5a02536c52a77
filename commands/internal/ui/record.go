package ui

import (
	"context"
	"strings"
	"time"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/internal/rediserr"
	"github.com/coupontools/couponbot/sends"
)

// Recorder writes into the audit trail; [*sends.Service].
type Recorder interface {
	Record(ctx context.Context, e sends.Entry) error
}

// What the commands add to the audit trail.
const (
	AuditPayment          = "payment"
	AuditExport           = "export"
	AuditConsent          = "consent"
	AuditPeople           = "people"
	AuditPush             = "push"
	AuditSingleUse        = "single_use"
	AuditSession          = "session"
	AuditSessionRemove    = "session_remove"
	AuditPoints           = "points"
	AuditLoyaltyCreate    = "loyalty_create"
	AuditLoyaltyImport    = "loyalty_import"
	AuditLoyaltyLink      = "loyalty_link"
	AuditLoyaltyVoid      = "loyalty_void"
	AuditLoyaltyCopy      = "loyalty_copy"
	AuditUserBlock        = "user_block"
	AuditUserAccess       = "user_access"
	AuditUserRevoke       = "user_revoke"
	AuditUserCreate       = "user_create"
	AuditSMSGroup         = "sms_group"
	AuditSMSContact       = "sms_contact"
	AuditSubaccount       = "subaccount"
	AuditSubaccountCreate = "subaccount_create"
	AuditSubaccountReset  = "subaccount_reset"
	AuditSubaccountKeys   = "subaccount_keys"
	AuditSignOn           = "sign_on"
)

// recordTime is how long an entry may take, also when the audited change has used up its own time.
const recordTime = 5 * time.Second

// notInTrail says that a change that was made is missing from the audit trail.
func notInTrail(err error) string {
	return rediserr.Problem(err) + ", so this change isn't in the audit trail. Please tell whoever runs couponbot."
}

// Record writes into the audit trail what somebody changed; err is what came of the call that did it. Nothing is written of
// a call that changed nothing, nor of an entry that is empty. The change is made by then, so if the trail cannot be
// written, words on that come back to be told besides.
func Record(ctx context.Context, to Recorder, req bot.Request, e sends.Entry, err error) string {
	if e.What == "" || err != nil && coupontools.ClassOf(err) != coupontools.Unknown {
		return ""
	}
	if err != nil {
		e.Note = format.Joined(", ", e.Note, "without a clear answer")
	}
	e.Actor = ActorOf(req)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	if err := to.Record(ctx, e); err != nil {
		return notInTrail(err)
	}
	return ""
}

// ShortCode is the short form of a session's code, which finds it within its campaign. The whole code opens the coupon.
func ShortCode(code string) string {
	const enough = 6 // characters
	if len(code) <= enough {
		return code
	}
	return strings.ToValidUTF8(code[:enough], "") + "…"
}

// ActorOf is who pressed a button, and where.
func ActorOf(req bot.Request) sends.Actor {
	return sends.Actor{Team: req.Person.Team, User: req.Person.ID, Channel: req.Channel, Message: req.Message}
}
