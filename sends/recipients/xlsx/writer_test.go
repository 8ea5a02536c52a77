package xlsx_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/coupontools/couponbot/sends/recipients/xlsx"
)

// A file as a program really writes it, with themes, properties and shared strings.
func TestWrittenByExcelize(t *testing.T) {
	t.Parallel()
	file := excelize.NewFile()
	plus := "+0"
	phone, err := file.NewStyle(&excelize.Style{CustomNumFmt: &plus})
	_, err2 := file.NewSheet("Old")
	var out bytes.Buffer
	err = errors.Join(
		err, err2,
		file.SetSheetRow("Sheet1", "A1", &[]any{"Name", "Phone", "Born", "Points"}),
		file.SetSheetRow("Sheet1", "A2", &[]any{"Mia", 32470000001, time.Date(1990, 5, 17, 0, 0, 0, 0, time.UTC), 12.5}),
		file.SetSheetRow("Sheet1", "A3", &[]any{" Jan ", nil, time.Date(1990, 5, 17, 14, 30, 0, 0, time.UTC), true}),
		file.SetCellStyle("Sheet1", "B2", "B2", phone),
		file.SetCellFormula("Sheet1", "B3", "B2+1"),
		file.SetRowVisible("Sheet1", 3, false),
		file.SetColVisible("Sheet1", "D", false),
		file.SetSheetVisible("Old", false),
		file.Write(&out),
	)
	if err != nil {
		t.Fatal(err)
	}

	wantRows(t, out.Bytes(), xlsx.Formatted, `1: "Name" "Phone" "Born" "Points" | 2: "Mia" "+32470000001" "1990-05-17" "12.5" | 3 hidden: " Jan " "=B2+1" "1990-05-17 14:30" "TRUE"`)
	book := open(t, out.Bytes())
	if hidden, err := book.Sheets[0].HiddenColumns(t.Context()); err != nil || hidden[2] || !hidden[3] {
		t.Errorf("column D is visible: %v, %v", hidden[:5], err)
	}
	if !book.Sheets[0].Front || !book.Sheets[1].Hidden || book.Sheets[1].Name != "Old" {
		t.Errorf("sheets = %+v, %+v", book.Sheets[0], book.Sheets[1])
	}
}
