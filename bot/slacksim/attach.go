package slacksim

import (
	"context"
	"fmt"
	"slices"
)

// Attach adds a file to the file_input in an input block. The person owns it, unless an option says otherwise.
func (s *Server) Attach(ctx context.Context, user, viewID, block, name string, content []byte, options ...FileOption) error {
	if len(content) > maxFormFile {
		return fmt.Errorf("%s is larger than 10 MB", name)
	}
	_, err := s.changeValue(ctx, user, Place{View: viewID}, func(t target) (valueChange, error) {
		e, err := t.input(block)
		if err != nil {
			return valueChange{}, err
		}
		v := t.view.State[block][e.ActionID()]
		if e.Type() != "file_input" || int64(len(v.Files)) >= e.Int("max_files", 10) {
			return valueChange{}, elementError(e, "takes no more files")
		}
		f := s.newFile(user, name, content)
		f.complete = true
		for _, set := range options {
			set(&f.File)
		}
		v.Files = append(slices.Clip(v.Files), f.File)
		return valueChange{element: e, value: v}, nil
	})
	return err
}

// Detach removes a file from the file_input in an input block.
func (s *Server) Detach(ctx context.Context, user, viewID, block, name string) error {
	_, err := s.changeValue(ctx, user, Place{View: viewID}, func(t target) (valueChange, error) {
		e, err := t.input(block)
		if err != nil {
			return valueChange{}, err
		}
		v := t.view.State[block][e.ActionID()]
		i := slices.IndexFunc(v.Files, func(f File) bool { return f.Name == name })
		if i < 0 {
			return valueChange{}, elementError(e, "has no file %s", name)
		}
		v.Files = slices.Delete(slices.Clone(v.Files), i, i+1)
		return valueChange{element: e, value: v}, nil
	})
	return err
}
