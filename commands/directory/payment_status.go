package directory

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/form"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends"
)

const (
	actionPayment = "user_payment"

	viewPaymentStatus = "payment_status"
	// viewPaymentDone replaces payment_status: first while waiting, then with the result.
	viewPaymentDone = "payment_done"

	fieldExpiry = "expiry_date"
)

var auditPayment = ui.Audited("payment", "changed a payment status")

var paymentStatuses = []string{coupontools.PaymentPending, coupontools.PaymentCompleted, coupontools.PaymentCancelled}

// paymentForm holds the initial values: the user's payment as it is. An update without an end date removes the existing one.
type paymentForm struct {
	Status string
	Until  time.Time // zero for none or a past one
}

// paymentValue is the value of the button that opens the form: the directory's id, the user's id and, if there are any, the
// user's status and the Unix time at which it ends.
func paymentValue(directory string, u coupontools.DirectoryUser) string {
	var until string
	if t, ok := u.PaymentExpiresAt(); ok && t.After(time.Now()) {
		until = strconv.FormatInt(t.Unix(), 10)
	}
	return format.Joined(" ", directory, u.ID, format.Short(u.PaymentStatus), until)
}

func readPaymentValue(value string) (who userRef, now paymentForm, ok bool) {
	ids := strings.Fields(value)
	if len(ids) < 2 {
		return userRef{}, paymentForm{}, false
	}
	for _, text := range ids[2:] {
		if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
			now.Until = time.Unix(seconds, 0)
		} else {
			now.Status = text
		}
	}
	who = userRef{Directory: ids[0], User: ids[1], Was: now.Status}
	if !now.Until.IsZero() {
		who.Until = now.Until.Unix()
	}
	return who, now, true
}

// askPayment opens the form for a button's user, on top of the button's modal if it has one.
func (p userHandlers) askPayment(_ context.Context, req bot.Request) (bot.Reply, error) {
	who, now, ok := readPaymentValue(req.Value)
	if !ok {
		return bot.Reply{}, ui.BrokenButton("/directory-users", nil)
	}
	view := paymentView(who, p.directories.Known(who.Directory), now, req.Person)
	return bot.Reply{View: view, Push: req.View != nil}, nil
}

func paymentView(who userRef, d coupontools.Directory, now paymentForm, p bot.Person) *slack.ModalViewRequest {
	var options []*slack.OptionBlockObject
	for _, s := range paymentStatuses {
		options = append(options, blocks.Option(format.Capitalised(s), s))
	}
	_, zone := p.Clock()
	return blocks.WithMetadata(blocks.Modal(viewPaymentStatus, "Payment", "Change", "Cancel",
		blocks.Rich(blocks.Field("User", who.User), blocks.Field("Directory", format.NameAndID(d.Name, who.Directory))),
		blocks.StaticSelect(blocks.Input{
			Name: form.FieldStatus, Label: "Payment status", Placeholder: "Choose a status",
		}, now.Status, options...),
		blocks.DateTime(blocks.Input{
			Name: fieldExpiry, Label: "Access ends", Optional: true,
			Hint: "Your time zone: " + zone + ". It is sent to Coupontools in UTC. Empty: access never ends.",
		}, now.Until)), ui.Value(who))
}

// paymentChange is a change of a payment that has to be confirmed.
type paymentChange struct {
	Was    string
	Update coupontools.PaymentUpdate
}

// setPayment checks the form, shows a waiting modal, then the result. A repeated call changes nothing. An empty end date
// removes an existing one only after a confirmation.
func (p userHandlers) setPayment(withoutEnd ui.Change[paymentChange]) bot.Handler {
	return func(ctx context.Context, req bot.Request) (bot.Reply, error) {
		who, err := ui.Decode[userRef](req.View.Metadata, "/directory-users")
		if err != nil {
			return bot.Reply{}, err
		}
		u := coupontools.PaymentUpdate{
			Directory: who.Directory, User: who.User,
			Status: req.View.Value(form.FieldStatus), Expires: req.View.Time(fieldExpiry),
		}
		if wrong := paymentProblems(u); len(wrong) > 0 {
			return bot.Reply{Errors: wrong}, nil
		}
		if u.Expires.IsZero() && who.Until != 0 {
			return withoutEnd.Preview(
				ctx,
				req,
				paymentChange{who.Was, u},
				p.userLines(who),
				blocks.Text(
					"Access was to end on "+format.Zoned(req.Person, time.Unix(who.Until, 0))+". Without an end date, it never ends.",
				),
			), nil
		}
		return ui.WaitingIn(viewPaymentDone, "Payment", ui.ChangingPayment, func(ctx context.Context) (bot.Reply, error) {
			said, e, err := p.changePayment(ctx, req, paymentChange{who.Was, u})
			notice := ui.Record(ctx, p.audit, req, e, err)
			if err != nil {
				return bot.Reply{}, err
			}
			return bot.Reply{
				View: blocks.Modal(viewPaymentDone, "Payment", "", "Close", blocks.Text(format.Joined(" ", said, notice))),
			}, nil
		}), nil
	}
}

func (p userHandlers) removeEndChange() ui.Change[paymentChange] {
	return ui.Change[paymentChange]{
		View: "payment_end_check", Title: "Payment", Button: "Remove the end date", WaitText: ui.ChangingPayment,
		Store: p.store, Audit: p.audit, Do: p.changePayment,
	}
}

func paymentProblems(u coupontools.PaymentUpdate) map[string]string {
	wrong := map[string]string{}
	if !slices.Contains(paymentStatuses, u.Status) {
		wrong[form.FieldStatus] = "Choose a status."
	}
	if !u.Expires.IsZero() && !u.Expires.After(time.Now()) {
		wrong[fieldExpiry] = "This time is in the past. Choose a later one, or none."
	}
	return wrong
}

func (p userHandlers) changePayment(ctx context.Context, req bot.Request, c paymentChange,
) (said string, e sends.Entry, err error) {
	u := c.Update
	e = paymentEntry(u, c.Was)
	now, err := p.api.UpdatePaymentStatus(ctx, u)
	if err != nil {
		return "", e, ui.AfterChange(err, ui.FailedChange{
			Act: "change payment of " + u.User, Undone: "Nothing was changed.", Unsure: "The status may or may not have been changed.",
			Hint: "Look the user up again; setting the same status once more does no harm.",
		})
	}
	until := "No end date is set."
	if !u.Expires.IsZero() {
		until = "Access ends on " + format.Zoned(req.Person, u.Expires) + "."
	}
	return fmt.Sprintf("The payment status of %s in %s is now “%s”. %s", u.User,
		format.NameAndID(format.Short(p.directories.Known(u.Directory).Name), u.Directory), format.Short(now.Status), until), e, nil
}

func paymentEntry(u coupontools.PaymentUpdate, was string) sends.Entry {
	e := sends.Entry{What: auditPayment, Before: was, After: u.Status, Note: u.User + " in " + u.Directory}
	if !u.Expires.IsZero() {
		e.After += " until " + format.Stamp(u.Expires)
	}
	return e
}
