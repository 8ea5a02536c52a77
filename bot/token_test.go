package bot

import "testing"

func TestFiles_mayHaveToken(t *testing.T) {
	t.Parallel()
	f := NewFiles("xoxb-test", "http://127.0.0.1:8765/api/", nil)
	for address, want := range map[string]bool{
		"https://files.slack.com/files-pri/T1-F1/download/a.csv": true,
		"https://slack.com/files/F1":                             true,
		"https://FILES.Slack.com/a":                              true,
		"http://127.0.0.1:8765/files-pri/T1-F1/file":             true,
		"http://files.slack.com/a":                               false,
		"https://files.slack.com:8443/a":                         false,
		"https://notslack.com/a":                                 false,
		"https://slack.com.example.com/a":                        false,
		"https://slack.com@example.com/a":                        false,
		"https://user:word@files.slack.com/a":                    false,
		"https://slack-files.com/a":                              false,
		"https://a.slack-edge.com/a":                             false,
		"https://127.0.0.1:8765/a":                               false,
		"http://127.0.0.1:8766/a":                                false,
		"http://127.0.0.1/a":                                     false,
		"//files.slack.com/a":                                    false,
		"/files-pri/T1-F1/file":                                  false,
		"file:///etc/passwd":                                     false,
		"https://files.slack.com\\@example.com/a":                false,
		"": false,
	} {
		if got := f.mayHaveToken(address); got != want {
			t.Errorf("mayHaveToken(%s) = %v, want %v", address, got, want)
		}
	}
	if NewFiles("xoxb-test", "", nil).mayHaveToken("/a") {
		t.Error("an address without a host may have the token")
	}
}
