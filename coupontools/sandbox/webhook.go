package sandbox

import "time"

// Events returns the ids of up to n webhook events about validated sessions.
func (s *Server) Events(n int) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for _, c := range s.campaigns.all {
		for _, x := range s.sessionsOf(c) {
			if len(ids) == n {
				return ids
			}
			if x.validated != 0 {
				ids = append(ids, x.event())
			}
		}
	}
	return ids
}

// event is the id of the validation's event.
func (x *session) event() string { return "evt_" + x.code[:20] }

var webhookRoutes = map[string]route{
	"POST /v3/webhook/verification": {[]string{"webhook", "session"}, (*Server).verifyWebhook},
}

// verifyWebhook is POST /v3/webhook/verification. The answer is proven, the result "invalid" for another session assumed.
func (s *Server) verifyWebhook(p params) (reply, *failure) {
	if f := p.require("webhook"); f != nil {
		return reply{}, f
	}
	for _, c := range s.campaigns.all {
		for _, x := range s.sessionsOf(c) {
			if x.event() != p["webhook"] || x.validated == 0 {
				continue
			}
			result := "valid"
			if p["session"] != "" && p["session"] != x.code {
				result = "invalid"
			}
			return reply{fields: object{
				"result": result, "webhook": p["webhook"], "date": time.Unix(x.validated, 0).UTC().Format(dateTime),
				"campaign": c.id, "session": x.code, "type": "coupon_validated",
			}}, nil
		}
	}
	return reply{}, unprocessable(codeWebhookNotFound, "Webhook not found.")
}
