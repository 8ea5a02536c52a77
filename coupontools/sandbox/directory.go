package sandbox

import (
	"fmt"
	"math/rand/v2"
)

type directory struct {
	knownDirectory
	number   int
	id, code string
	users    []*user // created on first use, oldest first
}

// fillDirectories creates n directories, beginning with the known ones.
func (s *Server) fillDirectories(n int) {
	dice := rand.New(rand.NewPCG(s.seed, 1))
	s.byID = make(map[string]*directory, n)
	for i := range n {
		d := &directory{knownDirectory: s.names.directory(i), number: i, id: fmt.Sprintf("dir_%d", 5501+i), code: newCode(dice)}
		s.directories = append(s.directories, d)
		s.byID[d.id] = d
	}
}

// directory returns the i-th directory: a known one, or one made of the parts of names.
func (d dataset) directory(i int) knownDirectory {
	if i < len(d.directories) {
		return d.directories[i]
	}
	town, trade := towns[i%len(towns)], trades[i/len(towns)%len(trades)]
	return knownDirectory{name: fmt.Sprintf("%s %s %d", town, trade, i), size: 5 + i*7%200}
}

// newCode returns 21 letters and digits, the form of a directory's code.
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

// directory finds the directory that a parameter names.
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

var directoryRoutes = map[string]route{
	"POST /v3/directory/list":        {nil, (*Server).listDirectories},
	"POST /v3/directory/info":        {[]string{"directory"}, (*Server).directoryInfo},
	"POST /v3/directory/campaigns":   {[]string{"directory"}, (*Server).listDirectoryCampaigns},
	"POST /v3/category/list":         {nil, (*Server).listCategories},
	"POST /v3/category/main/list":    {nil, (*Server).listMainCategories},
	"POST /v3/directoryusers/list":   {[]string{"directory", "page"}, (*Server).listUsers},
	"POST /v3/directoryusers/update": {[]string{"directory", "user", "status", "expiry_date"}, (*Server).updateUser},
}

// The account's categories, and those of the third level. A campaign's number decides its category of the first kind.
var (
	knownCategories     = []string{"Food & drinks", "Mode", "Sport", "Beauty", "Vrije tijd", "Reizen", "Kids"}
	knownMainCategories = []string{"Shops", "Horeca", "Services"}
)

// listDirectoryCampaigns is POST /v3/directory/campaigns. Path and answer are assumed.
func (s *Server) listDirectoryCampaigns(p params) (reply, *failure) {
	d, f := s.directory(p)
	if f != nil {
		return reply{}, f
	}
	list := []object{}
	for i := d.number % 5; i < len(s.campaigns.all) && len(list) < 20; i += 5 {
		list = append(list, s.campaigns.all[i].object())
	}
	return reply{list: "campaign", fields: object{"directory": d.id, "amount_of_campaigns": len(list), "campaign": list}}, nil
}

// listCategories is POST /v3/category/list. The answer is assumed.
func (s *Server) listCategories(params) (reply, *failure) { return categories(1, knownCategories), nil }

// listMainCategories is POST /v3/category/main/list. The answer is assumed.
func (s *Server) listMainCategories(params) (reply, *failure) {
	return categories(101, knownMainCategories), nil
}

func categories(number int, names []string) reply {
	list := make([]object, 0, len(names))
	for i, name := range names {
		list = append(list, object{"ID": fmt.Sprintf("cat_%d", number+i), "name": name})
	}
	return reply{list: "category", fields: object{"amount_of_categories": len(list), "category": list}}
}
