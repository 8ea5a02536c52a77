package app

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// plainPackages are the packages with comments in plain English. A package joins when none of its comments has a riddle.
var plainPackages = []string{
	"cmd/couponbot", "cmd/internal/app", "sends/redistest",
	"bot", "bot/blocks", "bot/slacksim", "bot/slacksim/blockkit", "bot/slacksim/page", "bot/socket",
	"commands", "commands/account", "commands/campaign", "commands/directory", "commands/loyalty", "commands/send",
	"commands/suppress", "commands/internal/commandstest", "commands/internal/figures", "commands/internal/form",
	"commands/internal/format", "commands/internal/recipientlist", "commands/internal/ui",
	"coupontools", "coupontools/cache", "coupontools/pace", "coupontools/sandbox", "internal/bulkhead", "internal/editdist",
	"internal/emoji", "internal/outbound", "internal/rediserr", "internal/redisguard", "internal/share",
	"internal/sleep", "internal/spreadsheet", "sends", "sends/message", "sends/recipients", "sends/recipients/xlsx",
}

// riddle matches phrases that have to be deciphered.
var riddle = regexp.MustCompile(`(?i)\b(whoever|of whom|thereof|whereof|therein|anew|hereby|besides|(came|comes|come|became) of|` +
	`(told|tells|tell) of|at hand|by (itself|themselves)|(goes|gone) on|lets? (it )?go|brings? (it )?out|stands? for good|` +
	`what stands|stands there|in sight|out of sight|lest|ere|betimes|thereby|naught|aught|of them that|puts off|turned away|` +
	`gives? out|takes? up again|nobody else's|what becomes of|how it is|none the worse)\b`)

func TestComments_arePlain(t *testing.T) {
	t.Parallel()
	for _, pkg := range plainPackages {
		files, err := filepath.Glob(filepath.Join("..", "..", "..", pkg, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pkg, len(files), err)
		}
		for _, file := range files {
			fset := token.NewFileSet()
			tree, err := parser.ParseFile(fset, file, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			for _, group := range tree.Comments {
				// Line breaks don't hide a phrase.
				if phrase := riddle.FindString(strings.Join(strings.Fields(group.Text()), " ")); phrase != "" {
					t.Errorf("%s: rewrite the sentence with %q", fset.Position(group.Pos()), phrase)
				}
			}
		}
	}
}
