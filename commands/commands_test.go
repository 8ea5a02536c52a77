package commands

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/google/go-cmp/cmp"
)

func TestAll_namesAndTopics(t *testing.T) {
	t.Parallel()
	var names, topics []string
	for _, c := range All(Deps{}) {
		if c.Name != "" {
			names = append(names, c.Name+" "+c.Usage)
		}
		if c.Topic != "" {
			topics = append(topics, c.Topic)
		}
		if c.Summary == "" || len(c.Examples) == 0 {
			t.Errorf("%s%s has no summary or no examples", c.Name, c.Topic)
		}
	}
	wantNames := []string{
		"/directories [words to filter by]",
		"/directory [name or dir_ID]",
		"/directory-users [name or dir_ID] [who]",
		"/send-directory [email or sms] [to] [name or dir_ID]",
		"/coupontools [help]",
	}
	if diff := cmp.Diff(wantNames, names); diff != "" {
		t.Errorf("the commands differ; if that is meant, change wantNames (-want +got):\n%s", diff)
	}
	wantTopics := []string{
		"directories", "directory", "users", "send", "sends", "suppress", "suppress export", "suppress import", "unsuppress", "why",
		"campaigns", "campaign", "sessions", "session", "push", "single-use", "categories", "webhook",
		"loyalty", "loyalty-card", "loyalty-users", "points", "subaccounts", "subaccount", "sign-on",
		"sms-groups", "sms-contacts", "email-groups", "audit", "status",
	}
	if diff := cmp.Diff(wantTopics, topics); diff != "" {
		t.Errorf("the topics differ; if that is meant, change wantTopics (-want +got):\n%s", diff)
	}
}

// rightOf returns the right that a command's action takes beyond membership. No action may take two.
func rightOf(t *testing.T, command, own bot.Right) bot.Right {
	t.Helper()
	if command != bot.Read && own != bot.Read && command != own {
		t.Errorf("a command for %s has an action for %s", command, own)
	}
	return max(command, own)
}

// TestAll_rights pins the right of every action, submission and select: a change of a right shows as a change of this table.
func TestAll_rights(t *testing.T) {
	t.Parallel()
	rights := map[string]bot.Right{}
	for _, c := range All(Deps{}) {
		for id, a := range c.Actions {
			rights[id] = rightOf(t, c.Right, a.Right)
		}
		for id, s := range c.Submissions {
			rights[id] = rightOf(t, c.Right, s.Right)
		}
		for id, o := range c.Options {
			rights["suggest "+id] = rightOf(t, c.Right, o.Right)
		}
	}
	want := map[string]bot.Right{
		"directories_page:prev": bot.Read, "directories_page:next": bot.Read, "directories_refresh": bot.Read,
		"directory_pick": bot.Read, "suggest directory_pick": bot.Read,
		"directory_send": bot.Send, "directory_users": bot.Send,
		"users_page:prev": bot.Send, "users_page:next": bot.Send, "users_more": bot.Send,
		"user_payment": bot.Send, "lookup_user": bot.Send, "payment_status": bot.Send, "payment_end_check": bot.Send,
		"channel": bot.Send, "send_directory": bot.Send, "send_preview": bot.Send,
		"recipients_column": bot.Send, "send_straighten": bot.Send, "send_left_out": bot.Send, "send_test": bot.Send,
		"send_resend_unknown": bot.Send, "campaign_send": bot.Send, "loyalty_send": bot.Send,
		"suggest directory": bot.Send, "suggest region": bot.Send,
		"send_approve": bot.Send, "send_reject": bot.Send, "send_pause": bot.Send, "send_resume": bot.Send,
		"send_cancel": bot.Send, "send_report": bot.Send,
		"sends_page:prev": bot.Send, "sends_page:next": bot.Send, "sends_refresh": bot.Send,
		"send_column": bot.Send, "send_foreign": bot.Send, "send_consent": bot.Send,
		"suppress_preview": bot.Send, "suppress_other_column": bot.Send, "suppress_refused": bot.Send,
		"suppress_import": bot.Admin,
		"suppress":        bot.Send, "suppress_column": bot.Send, "audit_older": bot.Admin, "audit_export": bot.Admin,
		"user_block": bot.Send, "user_access": bot.Send, "user_access_check": bot.Send, "user_revoke": bot.Send,
		"user_create": bot.Send, "user_create_check": bot.Send,

		"loyalty_page:prev": bot.Read, "loyalty_page:next": bot.Read, "loyalty_refresh": bot.Read, "loyalty_file": bot.Read,
		"loyalty_pick": bot.Read, "suggest loyalty_pick": bot.Read,
		"loyalty_users": bot.Send, "loyalty_users_page:prev": bot.Send, "loyalty_users_page:next": bot.Send,
		"loyalty_users_file": bot.Send, "suggest loyalty_users": bot.Send, "suggest loyalty_user": bot.Send,
		"loyalty_void": bot.Send, "loyalty_restore": bot.Send, "loyalty_create": bot.Send, "loyalty_create_check": bot.Send,
		"loyalty_link": bot.Send, "loyalty_link_check": bot.Send, "loyalty_push": bot.Send, "loyalty_push_check": bot.Send,
		"loyalty_import": bot.Send, "loyalty_import_check": bot.Send,
		"loyalty_copy": bot.Send, "loyalty_copy_check": bot.Send,
		"points": bot.Send, "points_card": bot.Send, "suggest points_card": bot.Send, "points_check": bot.Send,

		"subaccounts_page:prev": bot.Admin, "subaccounts_page:next": bot.Admin, "subaccounts_refresh": bot.Admin,
		"subaccounts_file": bot.Admin, "subaccount_pick": bot.Admin, "suggest subaccount_pick": bot.Admin,
		"subaccount_create": bot.Admin, "subaccount_create_check": bot.Admin, "subaccount_update": bot.Admin,
		"subaccount_update_check": bot.Admin, "subaccount_reset": bot.Admin, "subaccount_keys": bot.Admin,
		"sign_on": bot.Admin, "suggest subaccount": bot.Admin,

		"sms_groups_page:prev": bot.Read, "sms_groups_page:next": bot.Read, "sms_groups_refresh": bot.Read, "sms_groups_file": bot.Read,
		"sms_contacts": bot.Send, "sms_contacts_page:prev": bot.Send, "sms_contacts_page:next": bot.Send,
		"sms_contacts_file": bot.Send, "suggest sms_contacts": bot.Send,
		"sms_group_create": bot.Send, "sms_group_create_check": bot.Send,
		"sms_contact_create": bot.Send, "sms_contact_create_check": bot.Send,
		"email_groups_page:prev": bot.Read, "email_groups_page:next": bot.Read, "email_groups_refresh": bot.Read,
		"email_groups_file": bot.Read,

		"directories_file": bot.Read, "directory_figures": bot.Read,
		"campaigns_page:prev": bot.Read, "campaigns_page:next": bot.Read, "campaigns_refresh": bot.Read, "campaigns_file": bot.Read,
		"campaign_pick": bot.Read, "suggest campaign_pick": bot.Read, "webhook": bot.Read, "campaign_picture": bot.Read,
		"campaign_sessions": bot.Send, "sessions_page:prev": bot.Send, "sessions_page:next": bot.Send, "sessions_file": bot.Send,
		"list_sessions": bot.Send, "suggest campaign": bot.Send,
		"session_open": bot.Send, "session_validate": bot.Send, "session_claim": bot.Send, "session_void": bot.Send,
		"session_validate_many": bot.Send, "session_claim_many": bot.Send, "session_void_many": bot.Send,
		"session_remove": bot.Send, "find_session": bot.Send,
		"campaign_push": bot.Send, "push": bot.Send, "push_confirm": bot.Send,
		"campaign_single_use": bot.Send, "single_use": bot.Send, "single_use_for": bot.Send, "single_use_confirm": bot.Send,
	}
	for id, right := range want {
		if got, ok := rights[id]; !ok || got != right {
			t.Errorf("right of %s = %v, %v; want %v", id, got, ok, right)
		}
		delete(rights, id)
	}
	for id := range rights {
		t.Errorf("%s has the right %s, but is missing in the table of this test: add it there if that right is meant", id, rights[id])
	}
}

// TestAll_listsEveryCommand counts the functions that return a bot.Command.
func TestAll_listsEveryCommand(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	domains, err := filepath.Glob(filepath.Join("*", "*.go"))
	if err != nil || len(domains) == 0 {
		t.Fatal(domains, err)
	}
	constructors := 0
	for _, name := range append(files, domains...) {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && f.Type.Results != nil && len(f.Type.Results.List) == 1 && isCommand(f.Type.Results.List[0].Type) {
				constructors++
			}
		}
	}
	if got := len(All(Deps{})); got != constructors {
		t.Errorf("All lists %d commands, the packages make %d", got, constructors)
	}
}

func isCommand(e ast.Expr) bool {
	s, ok := e.(*ast.SelectorExpr)
	return ok && s.Sel.Name == "Command"
}
