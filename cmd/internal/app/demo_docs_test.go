package app

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestDemo_picturesInTheBrowser opens the menu and a campaign's card with its chart, which the README shows as pictures.
func TestDemo_picturesInTheBrowser(t *testing.T) {
	t.Parallel()
	b := openBrowser(t)
	b.do("open the page", chromedp.Navigate(startDemo(t)), chromedp.WaitVisible("#box"))
	b.waitForText(".status", "The bot is connected")
	b.typeLine("/coupontools")
	b.waitForText("dialog[open]", "Campaigns")
	b.saveScreenshot("menu")
	b.closeForm()
	b.typeLine("/coupontools campaign Summer sale")
	b.waitForText("#messages", "Weeks are counted in UTC")
	b.do("see the chart", chromedp.WaitVisible(`.chart svg[role="img"][aria-label^="The last 13 weeks: line chart of Opens, Claims, Validations"]`))
	b.do("make room for it, and scroll up to the name", chromedp.EmulateViewport(1280, 900), chromedp.PollFunction[chromedp.Void](
		`() => { document.querySelector("#messages > li:last-child").scrollIntoView(); return true }`))
	b.saveScreenshot("campaign")
}
