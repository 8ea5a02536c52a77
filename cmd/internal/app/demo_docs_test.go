package app

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestDemo_picturesInTheBrowser opens the menu and the card of a campaign with its chart; the README shows both.
func TestDemo_picturesInTheBrowser(t *testing.T) {
	t.Parallel()
	b := openBrowser(t)
	b.do("open the page", chromedp.Navigate(startDemo(t)), chromedp.WaitVisible("#box"))
	b.sees(".status", "The bot is connected")
	b.types("/coupontools")
	b.sees("dialog[open]", "Campaigns")
	b.shootAs("menu")
	b.closes()
	b.types("/coupontools campaign Summer sale")
	b.sees("#messages", "Weeks are counted in UTC")
	b.do("see the chart", chromedp.WaitVisible(`.chart svg[role="img"][aria-label^="The last 13 weeks: line chart of Opens, Claims, Validations"]`))
	b.do("make room for it, and scroll up to the name", chromedp.EmulateViewport(1280, 900), chromedp.PollFunction[chromedp.Void](
		`() => { document.querySelector("#messages > li:last-child").scrollIntoView(); return true }`))
	b.shootAs("campaign")
}
