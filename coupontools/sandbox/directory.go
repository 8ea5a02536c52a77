package sandbox

import (
	"fmt"
	"math/rand/v2"
)

type directory struct {
	known
	number   int
	id, code string
	users    []*user // made when first asked for, oldest first
}

// fillDirectories makes n directories, of which the first are the known ones.
func (s *Server) fillDirectories(n int) {
	dice := rand.New(rand.NewPCG(s.seed, 1))
	s.byID = make(map[string]*directory, n)
	for i := range n {
		d := &directory{known: knownOrMade(i), number: i, id: fmt.Sprintf("dir_%d", 5501+i), code: newCode(dice)}
		s.directories = append(s.directories, d)
		s.byID[d.id] = d
	}
}

func knownOrMade(i int) known {
	if i < len(knownDirectories) {
		return knownDirectories[i]
	}
	town, trade := towns[i%len(towns)], trades[i/len(towns)%len(trades)]
	return known{name: fmt.Sprintf("%s %s %d", town, trade, i), size: 5 + i*7%200}
}

// newCode returns 21 letters and digits, as the codes of directories are.
func newCode(dice *rand.Rand) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	code := make([]byte, 21)
	for i := range code {
		code[i] = letters[dice.IntN(len(letters))]
	}
	return string(code)
}

func (d *directory) object(free Free) object {
	o := object{"ID": d.id, "code": d.code, "name": d.name}
	if d.price == "" {
		free.put(o)
		return o
	}
	o["payment"] = object{"currency": d.currency, "amount": d.price, "type": d.kind, "description": d.pass}
	return o
}

// listDirectories is POST /v3/directory/list. The answer is assumed.
func (s *Server) listDirectories(params) (reply, *failure) {
	list := make([]object, 0, len(s.directories))
	for _, d := range s.directories {
		list = append(list, d.object(s.quirks.Free))
	}
	return reply{list: "directory", fields: object{"amount_of_directories": len(list), "directory": list}}, nil
}

// directoryInfo is POST /v3/directory/info. The answer is proven, except for free directories.
func (s *Server) directoryInfo(p params) (reply, *failure) {
	d, f := s.directory(p)
	if f != nil {
		return reply{}, f
	}
	return reply{fields: object{"directory": d.object(s.quirks.Free)}}, nil
}

// directory finds the directory that the parameter of that name asks for.
func (s *Server) directory(p params) (*directory, *failure) {
	if f := first(p.require("directory"), p.numeric("directory", "dir_")); f != nil {
		return nil, f
	}
	d := s.byID[prefixed("dir_", p["directory"])]
	if d == nil {
		return nil, unprocessable(codeDirectoryNotFound, "Directory not found.")
	}
	return d, nil
}
