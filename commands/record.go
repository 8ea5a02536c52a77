package commands

import (
	"context"
	"strings"
	"time"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/internal/rediserr"
	"github.com/coupontools/couponbot/sends"
)

// recorder writes into the audit trail; [*sends.Service].
type recorder interface {
	Record(ctx context.Context, e sends.Entry) error
}

// What the commands add to the audit trail.
const (
	auditPayment          = "payment"
	auditExport           = "export"
	auditConsent          = "consent"
	auditPeople           = "people"
	auditPush             = "push"
	auditSingleUse        = "single_use"
	auditSession          = "session"
	auditSessionRemove    = "session_remove"
	auditPoints           = "points"
	auditLoyaltyCreate    = "loyalty_create"
	auditLoyaltyImport    = "loyalty_import"
	auditLoyaltyLink      = "loyalty_link"
	auditLoyaltyVoid      = "loyalty_void"
	auditLoyaltyCopy      = "loyalty_copy"
	auditUserBlock        = "user_block"
	auditUserAccess       = "user_access"
	auditUserRevoke       = "user_revoke"
	auditUserCreate       = "user_create"
	auditSMSGroup         = "sms_group"
	auditSMSContact       = "sms_contact"
	auditSubaccount       = "subaccount"
	auditSubaccountCreate = "subaccount_create"
	auditSubaccountReset  = "subaccount_reset"
	auditSubaccountKeys   = "subaccount_keys"
	auditSignOn           = "sign_on"
)

// recordTime is how long an entry may take, also when the audited change has used up its own time.
const recordTime = 5 * time.Second

// notInTrail says that a change that was made is missing from the audit trail.
func notInTrail(err error) string {
	return rediserr.Problem(err) + ", so this change isn't in the audit trail. Please tell whoever runs couponbot."
}

// record writes into the audit trail what somebody changed; err is what came of the call that did it. Nothing is written of
// a call that changed nothing, nor of an entry that is empty. The change is made by then, so if the trail cannot be
// written, words on that come back to be told besides.
func record(ctx context.Context, to recorder, req bot.Request, e sends.Entry, err error) string {
	if e.What == "" || err != nil && coupontools.ClassOf(err) != coupontools.Unknown {
		return ""
	}
	if err != nil {
		e.Note = joined(", ", e.Note, "without a clear answer")
	}
	e.Actor = actorOf(req)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	if err := to.Record(ctx, e); err != nil {
		return notInTrail(err)
	}
	return ""
}

// shortCode is the short form of a session's code, which finds it within its campaign. The whole code opens the coupon.
func shortCode(code string) string {
	const enough = 6 // characters
	if len(code) <= enough {
		return code
	}
	return strings.ToValidUTF8(code[:enough], "") + "…"
}

// actorOf is who pressed a button, and where.
func actorOf(req bot.Request) sends.Actor {
	return sends.Actor{Team: req.Person.Team, User: req.Person.ID, Channel: req.Channel, Message: req.Message}
}
