package app

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const modulePath = "github.com/coupontools/couponbot"

// mayImport lists the packages of this module that each package may import, except in tests. "..." allows all. Every
// package must be listed.
var mayImport = map[string][]string{
	"cmd/couponbot":    {"..."},
	"cmd/internal/app": {"..."},
	// Command domains don't import each other.
	"commands": {
		"bot", "bot/blocks", "coupontools", "coupontools/cache", "internal/bulkhead", "internal/rediserr", "sends",
		"commands/account", "commands/campaign", "commands/directory", "commands/loyalty", "commands/send", "commands/suppress",
		"commands/internal/figures", "commands/internal/format", "commands/internal/recipientlist", "commands/internal/ui",
	},
	"commands/account": {
		"bot", "bot/blocks", "commands/internal/form", "commands/internal/format", "commands/internal/ui", "coupontools",
		"internal/bulkhead", "sends", "sends/recipients",
	},
	"commands/campaign": {
		"bot", "bot/blocks", "commands/internal/figures", "commands/internal/form", "commands/internal/format",
		"commands/internal/ui", "coupontools", "coupontools/cache", "sends", "sends/recipients",
	},
	"commands/directory": {
		"bot", "bot/blocks", "commands/internal/figures", "commands/internal/form", "commands/internal/format",
		"commands/internal/ui", "coupontools", "coupontools/cache", "sends",
	},
	"commands/loyalty": {
		"bot", "bot/blocks", "commands/internal/form", "commands/internal/format", "commands/internal/ui", "coupontools",
		"internal/bulkhead", "sends", "sends/recipients",
	},
	"commands/send": {
		"bot", "bot/blocks", "commands/internal/form", "commands/internal/format", "commands/internal/recipientlist",
		"commands/internal/ui", "coupontools", "coupontools/cache", "internal/rediserr", "sends", "sends/message", "sends/recipients",
	},
	"commands/suppress": {
		"bot", "bot/blocks", "commands/internal/form", "commands/internal/format", "commands/internal/recipientlist",
		"commands/internal/ui", "internal/rediserr", "sends", "sends/recipients",
	},
	"commands/internal/figures": {
		"bot/blocks", "commands/internal/format", "commands/internal/ui", "coupontools", "internal/bulkhead",
	},
	"commands/internal/form": {"bot", "bot/blocks", "commands/internal/format", "sends/message", "sends/recipients"},
	"commands/internal/format": {
		"bot", "bot/blocks", "coupontools", "coupontools/cache", "internal/emoji", "sends", "sends/message", "sends/recipients",
	},
	"commands/internal/recipientlist": {
		"bot", "bot/blocks", "commands/internal/format", "commands/internal/ui", "sends", "sends/recipients",
	},
	"commands/internal/ui": {
		"bot", "bot/blocks", "commands/internal/format", "coupontools", "coupontools/cache", "internal/bulkhead",
		"internal/rediserr", "internal/share", "internal/spreadsheet", "sends", "sends/recipients",
	},
	"commands/internal/commandstest": {"..."}, // only for tests
	// sends posts to Slack through its own interface.
	"sends":                 {"coupontools", "internal/bulkhead", "internal/rediserr", "internal/sleep", "sends/recipients"},
	"sends/message":         {"internal/emoji"},
	"sends/recipients":      {"internal/bulkhead", "sends/recipients/xlsx"},
	"sends/recipients/xlsx": {},
	"bot": {
		"bot/socket", "bot/blocks", "internal/bulkhead", "internal/editdist", "internal/emoji", "internal/outbound",
		"internal/redisguard", "internal/share", "internal/sleep",
	},
	"bot/blocks":           {},
	"bot/socket":           {"internal/bulkhead", "internal/outbound", "internal/sleep"},
	"coupontools":          {"internal/sleep", "internal/spreadsheet"},
	"coupontools/cache":    {"coupontools", "internal/bulkhead", "internal/editdist", "internal/redisguard"},
	"coupontools/pace":     {"coupontools", "internal/bulkhead", "internal/redisguard", "internal/share", "internal/sleep"},
	"internal/bulkhead":    {},
	"internal/editdist":    {},
	"internal/outbound":    {},
	"internal/redisguard":  {},
	"internal/rediserr":    {},
	"internal/share":       {},
	"internal/sleep":       {},
	"internal/spreadsheet": {},
	"internal/sourcetest":  {}, // only for tests
	// The simulators import only their own parts: if they shared code with the clients, tests would miss a common
	// misunderstanding of the API.
	"bot/slacksim":          {"bot/slacksim/blockkit"},
	"bot/slacksim/page":     {"bot/slacksim", "bot/slacksim/blockkit"},
	"bot/slacksim/blockkit": {},
	"coupontools/sandbox":   {},
	"sends/redistest":       {}, // only for tests
	// internal/emoji uses Slack's emoji names, but not its API.
	"internal/emoji":     {},
	"internal/emoji/gen": {},
}

// mayNotImport lists modules that a package must not import, for the same reasons.
var mayNotImport = map[string][]string{
	"bot/slacksim":          {"github.com/slack-go/slack"},
	"bot/slacksim/blockkit": {"github.com/slack-go/slack"},
	"bot/slacksim/page":     {"github.com/slack-go/slack"},
	"coupontools/sandbox":   {"github.com/slack-go/slack"},
	"coupontools":           {"github.com/slack-go/slack"},
	"sends":                 {"github.com/slack-go/slack"},
	"sends/message":         {"github.com/slack-go/slack"},
	"sends/recipients":      {"github.com/slack-go/slack"},
	"internal/emoji":        {"github.com/slack-go/slack"},
}

func TestImports(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..")
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && file != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "examples") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		checkImports(t, file, path.Dir(filepath.ToSlash(rel)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkImports(t *testing.T, file, pkg string) {
	t.Helper()
	allowed, known := mayImport[pkg]
	if !known {
		t.Errorf("%s: package %s is not in the table of imports", file, pkg)
		return
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Error(err)
			continue
		}
		own, isOwn := strings.CutPrefix(imported, modulePath+"/")
		if isOwn && !slices.Contains(allowed, own) && !slices.Contains(allowed, "...") {
			t.Errorf("%s: package %s may not import %s", file, pkg, own)
		}
		for _, banned := range mayNotImport[pkg] {
			if imported == banned || strings.HasPrefix(imported, banned+"/") {
				t.Errorf("%s: package %s may not import %s", file, pkg, imported)
			}
		}
	}
}
