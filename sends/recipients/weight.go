package recipients

import (
	"archive/zip"
	"bytes"
)

// Weight returns how many bytes are gone through to read a file: what a spreadsheet unzips to, by its directory, which
// reading holds it to; the length of anything else.
func Weight(content []byte) int64 {
	weight := uint64(len(content))
	if !bytes.HasPrefix(content, []byte("PK")) {
		return int64(weight)
	}
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return int64(weight)
	}
	const most = 1 << 40
	for _, f := range z.File {
		weight = min(weight+min(f.UncompressedSize64, most), most)
	}
	return int64(weight)
}
