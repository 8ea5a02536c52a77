package slacksim_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestResponseURL_limits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t)
		e := s.command("/x", "")
		for i := range 5 {
			s.respond(e, object{"text": fmt.Sprint(i)}, http.StatusOK, "")
		}
		s.respond(e, object{"text": "six"}, http.StatusNotFound, "used_url")
		late := s.command("/x", "")
		time.Sleep(30*time.Minute + time.Second)
		s.respond(late, object{"text": "late"}, http.StatusGone, "expired_url")
		wantViolation(t, s.Server, "")
		s.respond(s.command("/x", ""), object{"text": "x", "replace_original": true}, http.StatusOK, "")
		wantViolation(t, s.Server, "can't be replaced")
	})
}
