package bot

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

// What takes a message's place is seen by all only if it is meant for all, and nobody outside the company can be among
// them. Whether Slack says that the message was ephemeral decides nothing but that it stays so.
func TestReplace_whoSees(t *testing.T) {
	t.Parallel()
	const shared = `{"ok":true,"channel":{"id":"C1","is_ext_shared":true}}`
	for _, tt := range []struct {
		name, container, info string
		public                bool
		want                  string
	}{
		{"people's data in a message that is not marked", `{}`, "", false, "ephemeral"},
		{"people's data in an ephemeral message", `{"is_ephemeral":true}`, "", false, "ephemeral"},
		{"a public page", `{}`, "", true, "in_channel"},
		{"a public page that only one person saw", `{"is_ephemeral":true}`, "", true, "ephemeral"},
		{"a public page in a shared channel", `{}`, shared, true, "ephemeral"},
		{"a public page where Slack does not say", `{}`, `{"ok":false,"error":"channel_not_found"}`, true, "ephemeral"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, f := newFake(t, Command{Name: "/do", Actions: map[string]Action{
					"next": {Run: func(context.Context, Request) (Reply, error) {
						return Reply{Text: "Page 2", Public: tt.public, Replace: true}, nil
					}},
				}})
				if tt.info != "" {
					f.fail = func(method string) (int, http.Header, string) {
						if method == "conversations.info" {
							return http.StatusOK, nil, tt.info
						}
						return 0, nil, ""
					}
				}
				b.handle(t.Context(), envelope("block_actions", `"channel":{"id":"C1"},"response_url":"https://slack.test/answer",`+
					`"container":`+tt.container+`,"actions":[{"action_id":"next"}]`), newAcks().send)
				answers := f.of("response_url")
				if len(answers) != 1 || !strings.Contains(answers[0].body, `"response_type":"`+tt.want+`"`) ||
					!strings.Contains(answers[0].body, `"replace_original":true`) {
					t.Errorf("answers = %v, want one for %s", answers, tt.want)
				}
			})
		})
	}
}
