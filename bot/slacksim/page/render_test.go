package page

import (
	"encoding/json"
	goflag "flag"
	"html/template"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/bot/slacksim"
)

var updateGolden = goflag.Bool("update", false, "rewrite the golden files")

// testRenderer renders for a viewer in Brussels on a winter afternoon.
func testRenderer(t testing.TB) *renderer {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Brussels")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{"U0MIA": "Mia <Claes>", "C0MARKETING": "marketing", "S0SENDERS": "senders"}
	return &renderer{
		name: func(id string) string { return names[id] }, zone: zone, place: slacksim.Place{View: "V1"},
		now: time.Date(2026, 11, 20, 15, 0, 0, 0, zone),
	}
}

func TestMrkdwn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"bold, italic, strike", "*b* _i_ ~s~", "<strong>b</strong> <em>i</em> <s>s</s>"},
		{"nested", "*_both_*", "<strong><em>both</em></strong>"},
		{"markers within words", "snake_case_name 2*3*4", "snake_case_name 2*3*4"},
		{"an unclosed marker", "*open", "*open"},
		{"a marker before a space", "* item *", "* item *"},
		{"code", "`*not bold*` <&lt;", "<code>*not bold*</code> &lt;&lt;"},
		{"a fence", "see\n```\na *b*\n<https://x.example|x>\n```", "see<br><pre>a *b*<br>x</pre>"},
		{"an unclosed fence", "```open", "```open"},
		{"a quote", "&gt; said\nanswer", "<blockquote>said</blockquote>answer"},
		{"escapes", "a &amp;&lt;b&gt; &amp;lt;", "a &amp;&lt;b&gt; &amp;lt;"},
		{"HTML", `<script>alert(1)</script> " '`, `&lt;script&gt;alert(1)&lt;/script&gt; &#34; &#39;`},
		{"a link", "<https://x.example/?a=1&amp;b=2|see *it*>", `<a href="https://x.example/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer nofollow">see *it*</a>`},
		{"a web address", "at https://x.example.", `at <a href="https://x.example" target="_blank" rel="noopener noreferrer nofollow">https://x.example</a>.`},
		{"a script in a link", "<javascript:alert(1)|click>", "&lt;javascript:alert(1)|click&gt;"},
		{"a quote in a link", `<https://x.example/"onclick="x|y>`, `<a href="https://x.example/%22onclick=%22x" target="_blank" rel="noopener noreferrer nofollow">y</a>`},
		{"a user", "<@U0MIA> and <@U9|ghost>", `<span class="chip person">@Mia &lt;Claes&gt;</span> and <span class="chip person">@ghost</span>`},
		{"a channel", "<#C0MARKETING>", `<span class="chip channel">#marketing</span>`},
		{"a group", "<!subteam^S0SENDERS>", `<span class="chip person">@senders</span>`},
		{"a broadcast", "<!channel>", `<strong class="ping" title="This pings everyone">@channel<span class="hidden"> (pings everyone)</span></strong>`},
		{"a time", "<!date^1795184400^{date_short_pretty} at {time}|then>", `<time datetime="2026-11-20T14:20:00Z">` + "today at 3:20 PM</time>"},
		{"an invalid time", "<!date^soon^{time}|then>", "then"},
		{"emoji", ":tada: :unknown: 10:30:45", "🎉 :unknown: 10:30:45"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, string(testRenderer(t).mrkdwn(c.text))); diff != "" {
				t.Errorf("mrkdwn(%q) (-want +got):\n%s", c.text, diff)
			}
		})
	}
}

func TestBlocks_golden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/blocks/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	templates := parseTemplates()
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := rendered(t, templates, testRenderer(t), raw)
			golden := strings.TrimSuffix(file, ".json") + ".html"
			if *updateGolden {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		})
	}
}

func rendered(t testing.TB, templates *template.Template, p *renderer, raw json.RawMessage) string {
	t.Helper()
	var b strings.Builder
	for _, block := range p.blocks(raw) {
		if err := templates.ExecuteTemplate(&b, "block", block); err != nil {
			t.Fatal(err)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// TestBlocks_hostile puts HTML into every text of every type of block. It must be escaped.
func TestBlocks_hostile(t *testing.T) {
	t.Parallel()
	const evil = `"><img src=x onerror=alert(1)><script>x</script>`
	raw, err := json.Marshal(evil)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/blocks/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		blocks, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got := rendered(t, parseTemplates(), testRenderer(t), []byte(strings.ReplaceAll(string(blocks), `"WORDS"`, string(raw))))
		for _, bad := range []string{"<img", "<script"} {
			if i := strings.Index(got, bad); i >= 0 {
				t.Errorf("%s: %s isn't escaped: %s", file, bad, got[max(0, i-60):min(len(got), i+60)])
			}
		}
		if strings.Contains(got, `="javascript:`) {
			t.Errorf("%s: a link runs a script", file)
		}
	}
}

func TestBlocks_bounded(t *testing.T) {
	t.Parallel()
	p := testRenderer(t)
	if got := len(p.blocks([]byte("[" + strings.Repeat(`{"type":"divider"},`, 5000) + `{"type":"divider"}]`))); got != maxBlocks {
		t.Errorf("rendered %d blocks, want %d", got, maxBlocks)
	}
	for _, text := range []string{"*a ", "*<", "<", "*`_", "_*~a", "```", ">\n"} {
		if got := len(p.mrkdwn(strings.Repeat(text, 1_000_000))); got > 20*maxTextBytes {
			t.Errorf("rendered %d bytes of text %q, want at most %d", got, text, 20*maxTextBytes)
		}
	}
	for _, raw := range []string{"", "null", "{}", `"x"`, `[1]`, `[{"type":"section","text":7}]`, `[{"type":"actions","elements":{}}]`} {
		p.blocks([]byte(raw)) // must not panic
	}
}

func FuzzMrkdwn(f *testing.F) {
	for _, text := range []string{"*b* _i_", "<@U1|x> <https://x|y>", "```a", "`a`<", "<!date^1^{time}|x>", ">>", "&gt; a\n&gt; b"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := string(testRenderer(t).mrkdwn(text))
		for _, tag := range []string{"strong", "em", "s", "code", "pre", "blockquote", "a", "span", "time"} {
			opened := strings.Count(got, "<"+tag+">") + strings.Count(got, "<"+tag+" ")
			if closed := strings.Count(got, "</"+tag+">"); opened != closed {
				t.Errorf("mrkdwn(%q) = %q opens <%s> %d times and closes it %d times", text, got, tag, opened, closed)
			}
		}
	})
}
