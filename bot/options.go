package bot

import (
	"context"
	"encoding/json"
	"time"

	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/internal/bulkhead"
)

const (
	// maxOptionsBytes bounds the options of one acknowledgement, which may have 16 KB in all.
	maxOptionsBytes = 15 << 10
	// maxOptions is Slack's limit of options in one answer.
	maxOptions = 100
)

// offerOptions answers what was typed into an external select. On any error Slack still gets an (empty) list.
func (b *Bot) offerOptions(ctx context.Context, i *interaction) error {
	quick, cancel := context.WithTimeout(ctx, quickTime)
	defer cancel()
	var options []Option // may be read once ready has received a value
	ready := b.config.Guard.Go(bulkhead.BotOptions, func() (err error) {
		options, err = b.findOptions(quick, i)
		return err
	})
	timer := time.NewTimer(ackTime)
	defer timer.Stop()
	select {
	case err := <-ready:
		b.acknowledge(i, suggestions{Options: encode(options)})
		return err
	case <-timer.C:
		b.acknowledge(i, suggestions{Options: encode(nil)})
		return context.DeadlineExceeded
	}
}

func (b *Bot) findOptions(ctx context.Context, i *interaction) ([]Option, error) {
	if i.name == menuSearch {
		return b.searchMenu(i.request.Value), nil
	}
	r, ok := b.options[i.name]
	if !ok {
		return nil, gone(i.kind)
	}
	if err := b.admit(ctx, i, r.command, r.own); err != nil {
		return nil, err
	}
	return callHandler(ctx, b.config.Guard, r.run, i.request)
}

// suggestions is the acknowledgement of an options request. Slack wants an empty list written out; slack-go omits it.
type suggestions struct {
	Options []json.RawMessage `json:"options"`
}

// encode renders as many options as one acknowledgement may carry.
func encode(options []Option) []json.RawMessage {
	list := make([]json.RawMessage, 0, len(options))
	size := 0
	for _, o := range options[:min(len(options), maxOptions)] {
		raw, err := json.Marshal(blocks.Option(o.Text, o.Value))
		size += len(raw) + 1
		if err != nil || size > maxOptionsBytes {
			break
		}
		list = append(list, raw)
	}
	return list
}
