package commands

import (
	"strings"
	"testing"

	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

func TestDirectories(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := commandstest.Must(t)(w.Types(t, "/directories"))
	if !first.Public || first.Replace {
		t.Errorf("Public, Replace = %v, %v; want a new public message", first.Public, first.Replace)
	}
	commandstest.Golden(t, "directories", commandstest.Picture(first))

	b := commandstest.Buttons(t, first)
	if b["directories_page:prev"] != "" {
		t.Error("the first page has a Previous button")
	}
	second := commandstest.Must(t)(w.Clicks(t, "directories_page:next", b["directories_page:next"], nil))
	if !second.Public || !second.Replace {
		t.Errorf("public %v, replace %v; want the page turned for all who see the list", second.Public, second.Replace)
	}
	commandstest.WantIn(t, commandstest.Picture(second), "Page 2 of 4 · 40 directories", "directories_page:prev", "directories_page:next")
	if !second.Replace {
		t.Error("paging posted a new message, want the same one replaced")
	}
	last := commandstest.Must(t)(w.Clicks(t, "directories_page:next", `{"page":9,"filter":""}`, nil))
	commandstest.WantIn(t, commandstest.Picture(last), "Page 4 of 4", "directories_page:prev")
	commandstest.WantNotIn(t, commandstest.Picture(last), "directories_page:next")
}

func TestDirectories_filter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := commandstest.Picture(commandstest.Must(t)(w.Types(t, "/directories CITY deals")))
	commandstest.WantIn(t, got, "Page 1 of 1 · 3 directories matching “CITY deals”", "City deals for families")

	_, err := w.Types(t, "/directories Opening son")
	m := mistake(t, err)
	commandstest.WantIn(t, m.Text+" "+m.Hint, "No directory has “Opening son” in its name or id.", "/directories shows them all.")
}

func TestDirectories_refreshKeepsThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	commandstest.Must(t)(w.Types(t, "/directories e"))
	again := commandstest.Must(t)(w.Clicks(t, "directories_refresh", `{"page":2,"filter":"e"}`, nil))
	commandstest.WantIn(t, commandstest.Picture(again), "Page 2 of ", "matching “e”")
	if !again.Replace {
		t.Error("Refresh posted a new message")
	}
}

func TestDirectories_coupontoolsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.api.Break(sandbox.Rule{Fault: sandbox.ServerError(503)})
	_, err := w.Types(t, "/directories")
	m := mistake(t, err)
	if m.Cause == nil || m.Hint == "" {
		t.Errorf("mistake = %+v, want a cause for the log and a hint", m)
	}
	commandstest.WantIn(t, m.Text, "Coupontools did not give a proper answer.")
}

func TestDirectories_redisAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.redis.Close()
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(w.Types(t, "/directories"))), "Working without Redis: this comes straight from Coupontools.")
}

func TestDirectories_brokenButton(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.Clicks(t, "directories_page:next", "2", nil)
	commandstest.WantIn(t, mistake(t, err).Hint, "/directories")
}

func TestDirectories_hostileNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := commandstest.Picture(commandstest.Must(t)(w.Types(t, "/directories script")))
	commandstest.WantIn(t, got, `<script>alert(1)</script> *bold* _it_ ~no~ <!channel>`)
	value := commandstest.Buttons(t, commandstest.Must(t)(w.Types(t, "/directories "+strings.Repeat("deals ", 1000)[:6])))["directories_refresh"]
	if len(value) > 2000 {
		t.Errorf("a button's value has %d characters, Slack takes 2,000", len(value))
	}
}
