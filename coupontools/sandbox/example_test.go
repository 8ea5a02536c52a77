package sandbox_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/coupontools/couponbot/coupontools/sandbox"
)

// A send that is carried out although its answer gets lost.
func Example() {
	s := sandbox.New()
	web := httptest.NewServer(s)
	defer web.Close()
	s.Break(sandbox.Rule{Path: "/v3/send/sms", Fault: sandbox.CutAfter(), Times: 1})

	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, web.URL+"/v3/send/sms",
		strings.NewReader(`{"campaign": "dir_5501", "phone": "+32470000001", "body": "New deals"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Client-Id", sandbox.DefaultClientID)
	req.Header.Set("X-Client-Secret", sandbox.DefaultClientSecret)
	resp, err := http.DefaultClient.Do(req)
	if err == nil {
		err = resp.Body.Close()
	}

	fmt.Println("answered:", err == nil)
	for _, m := range s.Sent() {
		fmt.Printf("sent %d time to %s: %s\n", m.Times, m.To, m.Body)
	}
	// Output:
	// answered: false
	// sent 1 time to +32470000001: New deals
}
