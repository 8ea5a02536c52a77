package blocks

import "github.com/slack-go/slack"

// Modal returns a modal view. Title, submit and close have 24 characters; without submit there is no such button, which
// Slack allows only if no input is among the blocks.
func Modal(callbackID, title, submit, closing string, blocks ...slack.Block) *slack.ModalViewRequest {
	v := &slack.ModalViewRequest{
		Type:       slack.VTModal,
		CallbackID: cutID(callbackID, maxID),
		Title:      plain(title, maxTitle),
		Close:      plain(closing, maxTitle),
		Blocks:     slack.Blocks{BlockSet: blocks[:min(len(blocks), maxModalBlocks)]},
	}
	if submit != "" {
		v.Submit = plain(submit, maxTitle)
	}
	return v
}

// WithMetadata gives a modal ids to come back with everything done in it. Slack keeps up to 3,000 characters.
func WithMetadata(v *slack.ModalViewRequest, ids string) *slack.ModalViewRequest {
	v.PrivateMetadata = cutID(ids, maxMetadata)
	return v
}
