package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/coupontools/couponbot/coupontools"
)

// checkCoupontools makes each kind of reading call once. What the answers hold is counted, never shown.
func checkCoupontools(ctx context.Context, c Config) []finding {
	client, err := newCoupontools(c)
	if err != nil {
		return []finding{bad.say("Coupontools: %s", err)}
	}
	var found []finding
	if plainHTTP(string(c.CoupontoolsBaseURL)) {
		found = append(found, warn.say("COUPONTOOLS_BASE_URL: keys go there unencrypted. Use https"))
	}
	directories, err := client.Directories(ctx)
	if err != nil {
		return append(found,
			bad.say("Coupontools directory list: %s", coupontoolsSays(err)),
			warn.say("Coupontools directory and user list: not tried, since the directory list did not work"))
	}
	found = append(found, fine.say("Coupontools directory list: keys accepted, %d directories (shape assumed, understood)",
		len(directories)))
	if len(directories) == 0 {
		return append(found, warn.say("Coupontools directory and user list: not tried, since the account has no directory. Make one"))
	}
	return append(found, checkDirectory(ctx, client, directories[0].ID), checkUsers(ctx, client, directories[0].ID))
}

func checkDirectory(ctx context.Context, client *coupontools.Client, id string) finding {
	if _, err := client.Directory(ctx, id); err != nil {
		return bad.say("Coupontools directory: %s", coupontoolsSays(err))
	}
	return fine.say("Coupontools directory: %s (shape documented, understood)", id)
}

func checkUsers(ctx context.Context, client *coupontools.Client, id string) finding {
	users, err := client.DirectoryUsers(ctx, id, 1)
	if err != nil {
		return bad.say("Coupontools user list: %s", coupontoolsSays(err))
	}
	if len(users) == 0 {
		return warn.say("Coupontools user list: %s has no users, so the shape of its answer could not be seen", id)
	}
	return fine.say("Coupontools user list: %d on the first page of %s (shape assumed, understood)", len(users), id)
}

// Coupontools: code 1000 is a wrong key, 101 an expired account.
const (
	codeWrongKey = 1000
	codeExpired  = 101
)

func coupontoolsSays(err error) string {
	e, ok := errors.AsType[*coupontools.Error](err)
	if !ok {
		return err.Error()
	}
	switch {
	case slices.Contains(e.Codes, codeExpired):
		return "the account has expired. Ask Coupontools to renew it"
	case slices.Contains(e.Codes, codeWrongKey), e.Status == 401, e.Status == 403:
		return "the keys are refused. Copy COUPONTOOLS_CLIENT_ID and COUPONTOOLS_CLIENT_SECRET again from the account's page"
	}
	switch e.Class {
	case coupontools.NotSent:
		return fmt.Sprintf("it cannot be reached. Look at the network and COUPONTOOLS_BASE_URL (%s)", e)
	case coupontools.RateLimited:
		return "it was asked too often. Try again in a few minutes, with a lower COUPONTOOLS_RATE"
	case coupontools.Refused, coupontools.AccountRefused:
		return fmt.Sprintf("it was refused (%s). Ask Coupontools why", e)
	default:
		return fmt.Sprintf("there was no answer that could be understood (%s). Look at COUPONTOOLS_BASE_URL; "+
			"if that is right, report this line", e)
	}
}
