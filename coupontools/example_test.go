package coupontools_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

// The directories of an account, and one of them.
func Example() {
	web := httptest.NewServer(sandbox.New())
	defer web.Close()
	c, err := coupontools.New(sandbox.DefaultClientID, sandbox.DefaultClientSecret, coupontools.WithBaseURL(web.URL))
	if err != nil {
		fmt.Println(err)
		return
	}

	list, err := c.Directories(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = c.Directory(context.Background(), "dir_1")

	fmt.Println(len(list), "directories")
	fmt.Println("dir_1 is unknown:", errors.Is(err, coupontools.ErrNotFound))
	// Output:
	// 40 directories
	// dir_1 is unknown: true
}

// After a failed send, the class of the error says whether it may be repeated.
func ExampleClient_SendSMS() {
	service := sandbox.New()
	web := httptest.NewServer(service)
	defer web.Close()
	service.Break(sandbox.Rule{Path: "/v3/send/sms", Fault: sandbox.CutAfter(), Times: 1})
	c, err := coupontools.New(sandbox.DefaultClientID, sandbox.DefaultClientSecret, coupontools.WithBaseURL(web.URL))
	if err != nil {
		fmt.Println(err)
		return
	}

	_, err = c.SendSMS(context.Background(), coupontools.SMS{Directory: "dir_5501", To: "+32470000001", Body: "New deals"})
	switch {
	case err == nil:
		fmt.Println("accepted")
	case coupontools.ClassOf(err) == coupontools.NotSent, coupontools.ClassOf(err) == coupontools.RateLimited:
		fmt.Println("not sent: try again later")
	case coupontools.ClassOf(err) == coupontools.Unknown:
		fmt.Println("may have been sent: do not try again")
	default:
		fmt.Println("refused")
	}
	// Output: may have been sent: do not try again
}

// The totals of a campaign, computed page by page.
func ExampleClient_SumSessions() {
	web := httptest.NewServer(sandbox.New())
	defer web.Close()
	c, err := coupontools.New(sandbox.DefaultClientID, sandbox.DefaultClientSecret, coupontools.WithBaseURL(web.URL))
	if err != nil {
		fmt.Println(err)
		return
	}

	sums, err := c.SumSessions(context.Background(), coupontools.SessionsOptions{Campaign: "cam_400002"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sums.Sessions, "sessions, some opened:", sums.Opened > 0)
	// Output: 11200 sessions, some opened: true
}
