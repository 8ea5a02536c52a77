package app

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/coupontools/couponbot/bot"
)

func readManifest(t *testing.T, commands []bot.Command) manifest {
	t.Helper()
	text, err := Manifest(commands)
	if err != nil {
		t.Fatalf("Manifest() = %v", err)
	}
	dec := yaml.NewDecoder(strings.NewReader(string(text)))
	dec.KnownFields(true)
	var m manifest
	if err := dec.Decode(&m); err != nil {
		t.Fatalf("decode the manifest: %v", err)
	}
	return m
}

func TestManifest_form(t *testing.T) {
	t.Parallel()
	m := readManifest(t, []bot.Command{
		{Name: "/directories", Summary: "List them: all", Usage: "[words to filter by]"},
		{Topic: "status", Summary: "No command of its own"},
		{Name: "/coupontools", Summary: "Help"},
	})

	want := []manifestCommand{
		{Command: "/directories", Description: "List them: all", UsageHint: "[words to filter by]", ShouldEscape: true},
		{Command: "/coupontools", Description: "Help", ShouldEscape: true},
	}
	if !slices.Equal(m.Features.SlashCommands, want) {
		t.Errorf("slash commands = %+v, want %+v", m.Features.SlashCommands, want)
	}
	s := m.Settings
	if !s.SocketMode || !s.Interactivity.Enabled || s.OrgDeploy || s.TokenRotation {
		t.Errorf("settings = %+v, want only socket mode and interactivity", s)
	}
	home := m.Features.AppHome
	if !home.MessagesTab || home.MessagesReadOnly || home.HomeTab {
		t.Errorf("app home = %+v, want only the messages tab, writable", home)
	}
	if !slices.IsSorted(m.OAuth.Scopes.Bot) || len(m.OAuth.Scopes.Bot) != 11 {
		t.Errorf("scopes = %q, want eleven, sorted", m.OAuth.Scopes.Bot)
	}
	text, _ := Manifest(nil)
	if strings.Contains(string(text), "url:") {
		t.Error("the manifest has a URL, which Socket Mode doesn't need")
	}
}

// checkManifestLimits checks the limits of Slack's manifest schema.
func checkManifestLimits(t *testing.T, m manifest) {
	t.Helper()
	for _, limit := range []struct {
		what, text  string
		least, most int
	}{
		{"name", m.Display.Name, 1, 35},
		{"description", m.Display.Description, 1, 140},
		{"long_description", m.Display.LongDescription, 175, 4000},
		{"background_color", m.Display.BackgroundColor, 4, 7},
		{"display_name", m.Features.BotUser.DisplayName, 1, 80},
	} {
		wantLength(t, limit.what, limit.text, limit.least, limit.most)
	}
	if n := len(m.Features.SlashCommands); n < 1 || n > 50 {
		t.Errorf("%d slash commands, want 1 to 50", n)
	}
	for _, c := range m.Features.SlashCommands {
		wantLength(t, c.Command, c.Command, 2, 32)
		wantLength(t, c.Command+" description", c.Description, 1, 2000)
		wantLength(t, c.Command+" usage_hint", c.UsageHint, 0, 1000)
		if !strings.HasPrefix(c.Command, "/") || strings.ToLower(c.Command) != c.Command || strings.Contains(c.Command, " ") {
			t.Errorf("command %q, want a slash and small letters", c.Command)
		}
	}
}

func wantLength(t *testing.T, what, text string, least, most int) {
	t.Helper()
	if n := utf8.RuneCountInString(text); n < least || n > most {
		t.Errorf("%s has %d characters, want %d to %d", what, n, least, most)
	}
}
