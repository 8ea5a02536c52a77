package coupontools

import "context"

// Directory is a collection of coupons and other offers that people can register for.
type Directory struct {
	// ID is "dir_" and digits.
	ID string
	// Code is the part of the public URL that names the directory. It may be empty.
	Code string
	// Name is the owner's name for it, at most 300 characters; the ID if it has none.
	Name string
	// Payment is the price, nil if the directory is free.
	Payment *Payment
}

// Ident returns the id and the name.
func (d Directory) Ident() (id, name string) { return d.ID, d.Name }

// Payment is the price of a directory.
type Payment struct {
	// Currency is an ISO 4217 code: "EUR".
	Currency string
	// Amount is a decimal number: "4.50".
	Amount string
	// Type is "basic" for one payment, or "recurring_" and daily, weekly, monthly or yearly.
	Type string
	// Description is the owner's text.
	Description string
}

// Directories returns all directories of the account.
//
// API: POST /v3/directory/list
func (c *Client) Directories(ctx context.Context) ([]Directory, error) {
	return call(ctx, c, directoryList, nil, decodeDirectories)
}

// Directory returns one directory. An unknown id gives [ErrNotFound].
//
// API: POST /v3/directory/info
func (c *Client) Directory(ctx context.Context, id string) (*Directory, error) {
	id = prefixed("dir_", id)
	if id == "" {
		return nil, noSuchID(directoryInfo)
	}
	return call(ctx, c, directoryInfo, params{"directory": id}, func(a answer) (*Directory, error) {
		return decodeDirectory(a, id)
	})
}

// DirectoryCampaigns returns the campaigns that are in a directory. An unknown directory gives [ErrNotFound].
//
// API: POST /v3/directory/campaigns
func (c *Client) DirectoryCampaigns(ctx context.Context, directory string) ([]Campaign, error) {
	directory = prefixed("dir_", directory)
	if directory == "" {
		return nil, noSuchID(directoryCampaigns)
	}
	return call(ctx, c, directoryCampaigns, params{"directory": directory}, decodeCampaigns)
}

// Category is a heading for campaigns in a directory.
type Category struct {
	// ID is "cat_" and digits.
	ID string
	// Name is what people see, at most 300 characters; the ID if it has no name.
	Name string
}

// Categories returns the categories of the account.
//
// API: POST /v3/category/list
func (c *Client) Categories(ctx context.Context) ([]Category, error) {
	return call(ctx, c, categoryList, nil, decodeCategories)
}

// MainCategories returns the third level of categories, above the others. Only some accounts have them.
//
// API: POST /v3/category/main/list
func (c *Client) MainCategories(ctx context.Context) ([]Category, error) {
	return call(ctx, c, categoryMainList, nil, decodeCategories)
}

func decodeCategories(a answer) ([]Category, error) {
	list, ok := a.list("category", "categories", "maincategory", "maincategories")
	if !ok {
		return nil, a.misread("list of categories")
	}
	return decodeEach(list, func(f fields) (Category, bool) {
		c := Category{ID: prefixed("cat_", f.text("id", "categoryid")), Name: f.text("name", "categoryname", "title")}
		c.Name = either(c.Name, c.ID)
		return c, c.ID != ""
	})
}

func probeDirectories(ctx context.Context, c *Client, ids *ProbeIDs) (string, error) {
	list, err := c.Directories(ctx)
	return probeList(list, err, "directories", func(d Directory) { ids.directory = d.ID })
}

func probeDirectory(ctx context.Context, c *Client, ids *ProbeIDs) (string, error) {
	return probeOne(ids.directory, "a directory", func() (*Directory, error) { return c.Directory(ctx, ids.directory) })
}

func probeDirectoryCampaigns(ctx context.Context, c *Client, ids *ProbeIDs) (string, error) {
	return probeListOf(ids.directory, "a directory", func() ([]Campaign, error) {
		return c.DirectoryCampaigns(ctx, ids.directory)
	}, "campaigns", nil)
}

func probeCategories(ctx context.Context, c *Client, _ *ProbeIDs) (string, error) {
	list, err := c.Categories(ctx)
	return probeList(list, err, "categories", nil)
}

func probeMainCategories(ctx context.Context, c *Client, _ *ProbeIDs) (string, error) {
	list, err := c.MainCategories(ctx)
	return probeList(list, err, "categories", nil)
}
