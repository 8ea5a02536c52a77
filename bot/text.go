package bot

import "strings"

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// Escape makes text safe where Slack reads its markup: the three characters that begin a mention, a link or an entity
// are written as entities.
func Escape(text string) string { return escaper.Replace(text) }
