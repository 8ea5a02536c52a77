// Package page is the local Slack in a browser: channels, messages, modals and an inspector of the traffic with the bot.
//
// [New] returns the page as an http.Handler. It is HTML rendered on the server from the templates in web/, updated by
// server-sent events, and needs nothing from the network. The URL says which person acts, so two tabs can be two people.
package page
