package sandbox

// Shape is a format of errors.
type Shape int

const (
	// ShapeNested has arrays of codes and texts inside status, as for a wrong or missing value.
	ShapeNested Shape = iota
	// ShapeSingle has one code and one text inside status, as for wrong keys.
	ShapeSingle
	// ShapeBeside has the arrays beside status, as for push messages.
	ShapeBeside
)

func (s Shape) form(codes []int, texts []string) object {
	if s == ShapeSingle {
		return object{"status": object{"status": "failed", "errors": object{
			"error_code": codes[0], "error_message": "HTTP/1.0 401 Unauthorized. " + texts[0],
		}}}
	}
	errors := object{
		"error_message":             "HTTP/1.0 422 Unprocessable entity.",
		"error_message_description": texts,
		"error_code":                codes,
	}
	if s == ShapeBeside {
		return object{"status": object{"status": "failed"}, "errors": errors}
	}
	return object{"status": object{"status": "failed", "errors": errors}}
}
