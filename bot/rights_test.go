package bot_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/slacksim"
)

// Ids of people and groups that the ready workspace lacks.
const (
	cousin = "U0COUSIN" // of another team of our Enterprise organisation
	ghost  = "U0GHOST"  // deleted
	bit    = "U0BIT"    // a single-channel guest
	robot  = "U0ROBOT"  // another app's bot
)

func peopled(s *setup) {
	s.config.Home.Enterprise = "E0HOUSE"
	s.slack = append(s.slack,
		slacksim.WithEnterprise("E0HOUSE", "House"),
		slacksim.WithUsers(
			slacksim.User{ID: slacksim.Mia, TeamID: slacksim.Team, Name: "mia", TZ: "Europe/Brussels", EnterpriseID: "E0HOUSE"},
			slacksim.User{ID: slacksim.Noah, TeamID: slacksim.Team, Name: "noah", TZ: "Nowhere/Atall"},
			slacksim.User{ID: cousin, TeamID: "T0COUSINS", Name: "cousin", EnterpriseID: "E0HOUSE"},
			slacksim.User{ID: slacksim.Stranger, TeamID: "T0OTHERS", Name: "stranger", Stranger: true, EnterpriseID: "E0OTHERS"},
			slacksim.User{ID: slacksim.Gus, TeamID: slacksim.Team, Name: "gus", Guest: true},
			slacksim.User{ID: bit, TeamID: slacksim.Team, Name: "bit", SingleGuest: true},
			slacksim.User{ID: ghost, TeamID: slacksim.Team, Name: "ghost", Deleted: true},
			slacksim.User{ID: robot, TeamID: slacksim.Team, Name: "robot", Bot: true},
		),
		slacksim.WithChannels(slacksim.Channel{
			ID: slacksim.Marketing, Name: "marketing",
			Members: []string{slacksim.Mia, slacksim.Noah, cousin, slacksim.Stranger, slacksim.Gus, bit, ghost, robot, slacksim.Bot},
		}),
	)
}

func TestRights(t *testing.T) {
	t.Parallel()
	const (
		done    = "Done."
		lacks   = "You are not among"
		guest   = "Guests cannot use couponbot. Nothing was sent or changed."
		outside = "couponbot only works for members of the workspace"
	)
	group := bot.Roster{Groups: []string{slacksim.Senders}}
	for _, tt := range []struct {
		name   string
		user   string
		right  bot.Right
		roster bot.Roster
		words  string
	}{
		{"a member may read", slacksim.Noah, bot.Read, bot.Roster{}, done},
		{"a member may not send", slacksim.Noah, bot.Send, bot.Roster{}, lacks},
		{"one named may send", slacksim.Mia, bot.Send, bot.Roster{Users: []string{slacksim.Mia}}, done},
		{"one of a group may send", slacksim.Noah, bot.Send, group, done},
		{"one outside the group may not", cousin, bot.Send, group, lacks},
		{"everybody may send", slacksim.Noah, bot.Send, bot.Roster{All: true}, done},
		{"another team of the organisation may read", cousin, bot.Read, bot.Roster{}, done},
		{"another team of the organisation may send", cousin, bot.Send, bot.Roster{All: true}, done},
		{"one named is no administrator", slacksim.Mia, bot.Admin, bot.Roster{Users: []string{slacksim.Mia}}, lacks},
		{"a guest may not read", slacksim.Gus, bot.Read, bot.Roster{}, guest},
		{"a guest named may not send", slacksim.Gus, bot.Send, bot.Roster{Users: []string{slacksim.Gus}}, guest},
		{"a single-channel guest may not send", bit, bot.Send, bot.Roster{All: true}, guest},
		{"a stranger may not read", slacksim.Stranger, bot.Read, bot.Roster{}, outside},
		{"a stranger named may not send", slacksim.Stranger, bot.Send, bot.Roster{All: true, Users: []string{slacksim.Stranger}}, outside},
		{"somebody deleted may not read", ghost, bot.Read, bot.Roster{}, outside},
		{"a bot may not read", robot, bot.Read, bot.Roster{}, outside},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, says(bot.Reply{Text: "Done."}), peopled, func(s *setup) {
				s.config.Senders, s.config.Commands[1].Right = tt.roster, tt.right
			})
			w.command(t, tt.user, slacksim.Marketing, "/do", typed)
			if m := w.message(t, slacksim.Marketing, tt.words); m.OnlyFor != tt.user {
				t.Errorf("said to %q, want only %s", m.OnlyFor, tt.user)
			}
		})
	}
}

func TestRights_refusedOutsidersGetTheHelp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, peopled)
	w.command(t, slacksim.Gus, slacksim.Marketing, "/do", typed)
	w.message(t, slacksim.Marketing, "Guests cannot use couponbot.", "/do it")
}

// The right holds at every step: for buttons, forms and suggestions too.
func TestRights_everywhere(t *testing.T) {
	t.Parallel()
	never := func(context.Context, bot.Request) (bot.Reply, error) {
		t.Error("ran without the right")
		return bot.Reply{}, nil
	}
	w := newWorld(t, never, func(s *setup) {
		s.config.Commands[1].Right = bot.Send
		s.config.Commands[1].Actions = map[string]bot.Action{"press": {Run: never}}
		s.config.Commands[1].Submissions = map[string]bot.Submission{"form": {Run: never}}
		s.config.Commands = append(s.config.Commands, bot.Command{
			Name: "/open", Topic: "open", Run: says(bot.Reply{View: form("form", "Form")}),
		})
	})
	w.do(t)
	w.message(t, slacksim.Marketing, "You are not among")
	w.command(t, slacksim.Mia, slacksim.Marketing, "/open", "")
	w.click(t, w.view(t, "Form").Place(), "press")
	w.view(t, "You are not among")
	if _, err := w.slack.CloseView(patient(t), slacksim.Mia, w.slack.View(slacksim.Mia).ID); err != nil {
		t.Fatal(err)
	}
	w.submit(t)
	w.view(t, "You are not among")
}

// An action takes the command's right and its own: neither is enough alone.
func TestRights_ofOneAction(t *testing.T) {
	t.Parallel()
	everybody := bot.Roster{All: true}
	for _, tt := range []struct {
		name            string
		command, own    bot.Right
		senders, admins bot.Roster
		want            string
	}{
		{"more than the command", bot.Read, bot.Send, bot.Roster{}, everybody, "You are not among those who may send"},
		{"more, held", bot.Read, bot.Send, everybody, bot.Roster{}, "Done"},
		{"the command's", bot.Send, bot.Read, bot.Roster{}, everybody, "You are not among those who may send"},
		{"both, one held", bot.Send, bot.Admin, everybody, bot.Roster{}, "You are not among couponbot's administrators"},
		{"both, the other held", bot.Send, bot.Admin, bot.Roster{}, everybody, "You are not among those who may send"},
		{"both, both held", bot.Send, bot.Admin, everybody, everybody, "Done"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			done := says(bot.Reply{View: form("form", "Done")})
			w := newWorld(t, nil, func(s *setup) {
				s.config.Senders, s.config.Admins = tt.senders, tt.admins
				s.config.Commands[1].Run = nil
				s.config.Commands = append(s.config.Commands, bot.Command{
					Name: "/open", Topic: "open", Run: says(bot.Reply{View: form("form", "Form")}),
				}, bot.Command{
					Name: "/again", Topic: "again", Run: says(bot.Reply{View: form("form", "Again")}),
				}, bot.Command{
					Name: "/other", Topic: "other", Right: tt.command,
					Actions:     map[string]bot.Action{"press": {Right: tt.own, Run: done}},
					Submissions: map[string]bot.Submission{"form": {Right: tt.own, Run: done}},
				})
			})
			w.command(t, slacksim.Mia, slacksim.Marketing, "/open", "")
			w.click(t, w.view(t, "Form").Place(), "press")
			w.view(t, tt.want)
			w.command(t, slacksim.Mia, slacksim.Marketing, "/again", "")
			w.view(t, "Again")
			w.submit(t)
			w.view(t, tt.want)
		})
	}
}

func TestRights_ofSomebodySlackDoesNotKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, says(bot.Reply{Text: "Done."}))
	w.slack.Inject(slacksim.Fault{Method: "users.info", Error: "user_not_found"})
	w.do(t)
	w.message(t, slacksim.Marketing, "couponbot only works for members of the workspace")
}

func TestRights_whenSlackCannotBeAsked(t *testing.T) {
	t.Parallel()
	for _, fault := range []slacksim.Fault{
		{Method: "users.info", Status: http.StatusInternalServerError},
		{Method: "users.info", RetryAfter: 3600e9},
		{Method: "usergroups.users.list", Error: "fatal_error"},
	} {
		t.Run(fault.Method+" "+fault.Error, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, says(bot.Reply{Text: "Done."}), func(s *setup) {
				s.config.Senders, s.config.Commands[1].Right = bot.Roster{Groups: []string{slacksim.Senders}}, bot.Send
			})
			w.slack.Inject(fault)
			w.do(t)
			w.message(t, slacksim.Marketing, "Slack could not be asked who you are, so this was refused. Nothing was sent or changed.")
		})
	}
}

func TestRights_namedPeopleNeedNoGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, says(bot.Reply{Text: "Done."}), func(s *setup) {
		s.config.Senders = bot.Roster{Users: []string{slacksim.Mia}, Groups: []string{slacksim.Senders}}
		s.config.Commands[1].Right = bot.Send
	})
	w.slack.Inject(slacksim.Fault{Method: "usergroups.users.list", Error: "fatal_error"})
	w.do(t)
	w.message(t, slacksim.Marketing, "Done.")
}

func TestPerson_zone(t *testing.T) {
	t.Parallel()
	zone := func(_ context.Context, req bot.Request) (bot.Reply, error) {
		return bot.Reply{Text: "Zone " + req.Person.ZoneName + " " + req.Person.Zone.String()}, nil
	}
	w := newWorld(t, zone, peopled)
	for user, want := range map[string]string{
		slacksim.Mia: "Zone Europe/Brussels Europe/Brussels", slacksim.Noah: "Zone UTC UTC", cousin: "Zone UTC UTC",
	} {
		w.command(t, user, slacksim.Marketing, "/do", "")
		if m := w.message(t, slacksim.Marketing, want); want != "Zone UTC UTC" && m.OnlyFor != user {
			t.Errorf("%s is said to %s, want %s", want, m.OnlyFor, user)
		}
	}
}

// Who somebody is may be known to a handler, but not to the log.
func TestPerson_contact(t *testing.T) {
	t.Parallel()
	const email, phone = "mia.claes@example.com", "+32 470 12 34 56"
	var log strings.Builder
	tell := func(_ context.Context, req bot.Request) (bot.Reply, error) {
		slog.New(slog.NewTextHandler(&log, nil)).Info("asked", "who", req.Person, "text", fmt.Sprint(req.Person))
		return bot.Reply{Text: "Reach " + req.Person.Email + " " + req.Person.Phone}, nil
	}
	w := newWorld(t, tell, func(s *setup) {
		s.slack = append(s.slack, slacksim.WithUsers(slacksim.User{
			ID: slacksim.Mia, TeamID: slacksim.Team, Name: "mia", Email: email, Phone: phone,
		}))
	})
	w.do(t)
	w.message(t, slacksim.Marketing, "Reach "+email+" "+phone)
	if text := log.String(); strings.Contains(text, "mia") || strings.Contains(text, "470") || strings.Count(text, slacksim.Mia) != 2 {
		t.Errorf("the log tells %s", text)
	}
}
