package app

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/coupontools/couponbot/bot"
)

// scopes are the scopes of the bot token. The list includes planned features, since adding a scope later means that
// every workspace has to reinstall the app. [Check] compares the token with this list.
var scopes = []string{
	"channels:read", // marketing channels, and whether a channel is shared with another company
	"chat:write",    // replies and reports
	publicScope,
	"commands",         // the slash commands
	"files:read",       // lists of recipients, uploaded in the send form
	"files:write",      // reports of a send
	"groups:read",      // the same as channels:read for private channels
	"im:write",         // reports to the sender by direct message
	"usergroups:read",  // user groups in SENDERS and ADMINS
	"users:read",       // who is a full member, and people's time zones
	"users:read.email", // the user's own address, for test sends
}

// publicScope lets the bot post in public channels without an invitation. It is the only optional scope.
const publicScope = "chat:write.public"

const (
	manifestHead = "# Printed by: couponbot manifest\n" +
		"# Paste it at https://api.slack.com/apps: Create New App, From a manifest.\n" +
		"# The app-level token (scope connections:write) is made by hand: Basic Information, App-Level Tokens.\n"

	appName          = "couponbot"
	shortDescription = "Send Coupontools directories by SMS or e-mail, and look up who has registered, from Slack."
	// Slack requires 175 to 4,000 characters.
	longDescription = "couponbot brings Coupontools into Slack for marketing teams. List your directories and see what they cost, " +
		"look up who has registered, and send a directory by SMS or e-mail to one person or to many. " +
		"Every send is shown before it starts, and the marketing channels are told how it went: " +
		"how many were accepted, failed, were skipped, or are unknown.\n\n" +
		"Only those whom the operator names may send or see people's data. " +
		"Type /coupontools help to begin."
	backgroundColor = "#1f4e5f"
)

// manifest is the part of Slack's app manifest that couponbot needs, in the order of Slack's app pages.
type manifest struct {
	Display struct {
		Name            string `yaml:"name"`
		Description     string `yaml:"description"`
		LongDescription string `yaml:"long_description"`
		BackgroundColor string `yaml:"background_color"`
	} `yaml:"display_information"`
	Features struct {
		AppHome struct {
			HomeTab          bool `yaml:"home_tab_enabled"`
			MessagesTab      bool `yaml:"messages_tab_enabled"`
			MessagesReadOnly bool `yaml:"messages_tab_read_only_enabled"`
		} `yaml:"app_home"`
		BotUser struct {
			DisplayName  string `yaml:"display_name"`
			AlwaysOnline bool   `yaml:"always_online"`
		} `yaml:"bot_user"`
		SlashCommands []manifestCommand `yaml:"slash_commands"`
	} `yaml:"features"`
	OAuth struct {
		Scopes struct {
			Bot []string `yaml:"bot"`
		} `yaml:"scopes"`
	} `yaml:"oauth_config"`
	Settings struct {
		Interactivity struct {
			Enabled bool `yaml:"is_enabled"`
		} `yaml:"interactivity"`
		OrgDeploy     bool `yaml:"org_deploy_enabled"`
		SocketMode    bool `yaml:"socket_mode_enabled"`
		TokenRotation bool `yaml:"token_rotation_enabled"`
	} `yaml:"settings"`
}

// manifestCommand is a slash command. It has no url, since Socket Mode needs none.
type manifestCommand struct {
	Command     string `yaml:"command"`
	Description string `yaml:"description"`
	UsageHint   string `yaml:"usage_hint,omitempty"`
	// ShouldEscape makes Slack send users, channels and links with their ids.
	ShouldEscape bool `yaml:"should_escape"`
}

// Manifest returns the YAML manifest of a Slack app with the commands. It leaves out commands without a name, which are
// subcommands of another one.
func Manifest(commands []bot.Command) ([]byte, error) {
	var m manifest
	m.Display.Name = appName
	m.Display.Description = shortDescription
	m.Display.LongDescription = longDescription
	m.Display.BackgroundColor = backgroundColor
	m.Features.AppHome.MessagesTab = true // direct messages, where senders get reports
	m.Features.BotUser.DisplayName = appName
	m.Features.BotUser.AlwaysOnline = true
	m.OAuth.Scopes.Bot = scopes
	m.Settings.Interactivity.Enabled = true
	m.Settings.SocketMode = true
	for _, c := range commands {
		if c.Name == "" {
			continue
		}
		m.Features.SlashCommands = append(m.Features.SlashCommands, manifestCommand{
			Command: c.Name, Description: c.Summary, UsageHint: c.Usage, ShouldEscape: true,
		})
	}
	out := bytes.NewBufferString(manifestHead)
	enc := yaml.NewEncoder(out)
	enc.SetIndent(2)
	if err := enc.Encode(m); err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	return out.Bytes(), enc.Close()
}
