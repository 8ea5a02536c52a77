package page

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
)

func isInvalid(err error) bool {
	var invalid *slacksim.InvalidError
	return errors.As(err, &invalid)
}

// elementsOf lists the interactive elements of blocks, with the block each stands in.
func elementsOf(blocks json.RawMessage) []placedElement {
	var list []wireBlock
	if json.Unmarshal(blocks, &list) != nil {
		return nil
	}
	var out []placedElement
	for _, b := range limited(list, maxDrawnBlocks) {
		var several []wireElement
		if b.Type == "actions" || b.Type == "context_actions" {
			_ = json.Unmarshal(b.Elements, &several) // what cannot be read was not drawn
		}
		for _, one := range []json.RawMessage{b.Element, b.Accessory} {
			var e wireElement
			if len(one) > 0 && json.Unmarshal(one, &e) == nil {
				several = append(several, e)
			}
		}
		for _, e := range several {
			out = append(out, placedElement{wireElement: e, block: b.BlockID, quiet: b.Type == "input" && !b.DispatchAction})
		}
	}
	return out
}

// placedElement is an element in its block. A quiet one tells the bot nothing until the modal is submitted.
type placedElement struct {
	wireElement
	block string
	quiet bool
}

func findElement(blocks json.RawMessage, block, action string) wireElement {
	for _, e := range elementsOf(blocks) {
		if e.block == block && e.ActionID == action {
			return e.wireElement
		}
	}
	return wireElement{}
}

// fill puts what stands in the page's form into the fields of the view, where that differs. Fields that the form did
// not show (it may be older than the view) are left alone.
func (p *page) fill(ctx context.Context, v viewer, viewID string, r *http.Request) error {
	if viewID == "" {
		return nil
	}
	view, ok := p.slack.ViewByID(viewID)
	if !ok || view.User != v.person.ID {
		return errors.New("this form is no longer open")
	}
	for _, e := range elementsOf(view.Blocks) {
		name := fieldName(e.block, e.ActionID)
		if (!e.quiet && !typedType(e.Type)) || !slices.Contains(r.Form["has"], name) {
			continue
		}
		if err := p.fillOne(ctx, v, view, e, r, name); err != nil {
			return err
		}
	}
	return nil
}

func (p *page) fillOne(ctx context.Context, v viewer, view slacksim.View, e placedElement, r *http.Request, name string) error {
	standing := view.State[e.block][e.ActionID]
	if e.Type == "file_input" {
		return p.attach(ctx, v, view.ID, e.block, standing, r, name)
	}
	values := p.formValues(v, e.wireElement, r.Form[name])
	if slices.Equal(values, standingValues(standing)) {
		return nil
	}
	var err error
	if typedType(e.Type) {
		_, err = p.slack.Type(ctx, v.person.ID, view.ID, e.block, strings.Join(values, ""))
	} else {
		_, err = p.slack.Choose(ctx, v.person.ID, view.Place(), e.block, e.ActionID, values...)
	}
	return err
}

func typedType(elementType string) bool {
	return slices.Contains([]string{"plain_text_input", "email_text_input", "url_text_input", "number_input"}, elementType)
}

// formValues turns what a form sent into the values of an element: empty ones are no values, line ends are as in Slack,
// an instant counts in Unix seconds.
func (p *page) formValues(v viewer, e wireElement, sent []string) []string {
	var out []string
	for _, s := range sent {
		s = strings.ReplaceAll(s, "\r\n", "\n")
		if e.Type == "datetimepicker" && s != "" {
			t, err := time.ParseInLocation(dateTimeLocal, s[:min(len(s), len(dateTimeLocal))], v.zone)
			if err != nil {
				continue
			}
			s = strconv.FormatInt(t.Unix(), 10)
		}
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// standingValues are the values of an element in the form that formValues gives.
func standingValues(v slacksim.Value) []string {
	var out []string
	if v.Text != "" {
		out = append(out, v.Text)
	}
	for _, o := range v.Options {
		out = append(out, o.Value)
	}
	if v.Time != 0 {
		out = append(out, strconv.FormatInt(v.Time, 10))
	}
	return out
}

func contentOf(f *multipart.FileHeader) ([]byte, error) {
	file, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("read the file %s: %w", f.Filename, err)
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	if err != nil {
		return nil, fmt.Errorf("read the file %s: %w", f.Filename, err)
	}
	return content, nil
}
