package ui

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/lang"
)

// Area is one of the parts of the site, each with its navigation.
type Area string

// The areas.
const (
	AreaPublic Area = "public"
	AreaMe     Area = "me"
	AreaStaff  Area = "staff"
	AreaAdmin  Area = "admin"
)

// NavItem is a line of an area's navigation. The first of an area is where its tab
// leads to, the first of a group where the group does.
type NavItem struct {
	Area  Area
	Group string      // marked by lang.Mark: the lines of a group show when one of them is open; empty: stands alone
	Path  string      // pages below this path mark the line as current
	Label string      // English sentence, marked by lang.Mark
	Also  habeas.Role // sees the line without what the area asks for; empty: nobody
}

// NavLink is a NavItem, a group of them or an area as the layout shows it.
type NavLink struct {
	Text    string
	URL     string
	Current string    // aria-current: "page" for the line of the page, "true" for what it lies in
	Below   []NavLink // the lines of a group
}

// Frame is what stands around the page and is known before or apart from its data:
// who reads, and what has just happened. Middleware and handlers put it into the
// request with [WithFrame].
type Frame struct {
	Actor   habeas.Actor // zero for nobody signed in
	Name    string       // how the reader is called in the header
	Notices []Notice     // shown above the page
	Undo    *Undo        // what can be taken back right now
	Tour    *Tour        // step of the demo tour
}

// SignedIn reports whether somebody is signed in.
func (f Frame) SignedIn() bool { return !f.Actor.Account.IsZero() }

type frameKey struct{}

// WithFrame returns a request that carries the frame.
func WithFrame(r *http.Request, f Frame) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), frameKey{}, f))
}

// FrameOf returns the frame of the request, empty when none was set.
func FrameOf(r *http.Request) Frame {
	f, _ := r.Context().Value(frameKey{}).(Frame)
	return f
}

// WithNotice adds a notice to the frame of a request.
func WithNotice(r *http.Request, n Notice) *http.Request {
	f := FrameOf(r)
	f.Notices = append(f.Notices, n)
	return WithFrame(r, f)
}

// navigation returns the area of a path, the areas the actor may enter and the lines
// of the area. A list of one offers nothing to choose and is left out.
func (rd *Renderer) navigation(p lang.Printer, path string, actor habeas.Actor) (Area, []NavLink, []NavLink) {
	current := rd.currentItem(path)
	area := areaOfPath(path)
	if current != nil {
		area = current.Area
	}
	var areas, lines []NavLink
	seen := map[Area]bool{}
	for i := range rd.cfg.Nav {
		item := &rd.cfg.Nav[i]
		if !mayEnter(actor, item.Area) && (item.Also == "" || !actor.Has(item.Also)) {
			continue
		}
		if !seen[item.Area] {
			seen[item.Area] = true
			areas = append(areas, NavLink{Text: p.T(areaName(item.Area)), URL: item.Path, Current: currentIf(item.Area == area, "true")})
		}
		if item.Area == area {
			lines = addLine(p, lines, item, currentIf(item == current, "page"))
		}
	}
	if len(areas) < 2 {
		areas = nil
	}
	if len(lines) < 2 {
		lines = nil
	}
	return area, areas, lines
}

// addLine adds a line, or puts it below its group, which stands where its first line would.
func addLine(p lang.Printer, lines []NavLink, item *NavItem, current string) []NavLink {
	line := NavLink{Text: p.T(item.Label), URL: item.Path, Current: current}
	if item.Group == "" {
		return append(lines, line)
	}
	name := p.T(item.Group)
	i := slices.IndexFunc(lines, func(l NavLink) bool { return l.Below != nil && l.Text == name })
	if i < 0 {
		i = len(lines)
		lines = append(lines, NavLink{Text: name, URL: item.Path})
	}
	group := &lines[i]
	group.Below = append(group.Below, line)
	if current != "" {
		group.Current = "true"
	}
	return lines
}

func currentIf(is bool, value string) string {
	if is {
		return value
	}
	return ""
}

// currentItem returns the line whose path is the longest beginning of path.
func (rd *Renderer) currentItem(path string) *NavItem {
	var best *NavItem
	for i := range rd.cfg.Nav {
		item := &rd.cfg.Nav[i]
		below := path == item.Path || item.Path != "/" && strings.HasPrefix(path, item.Path+"/")
		if below && (best == nil || len(item.Path) > len(best.Path)) {
			best = item
		}
	}
	return best
}

// areaOfPath goes by the first element, for pages that are in no navigation.
func areaOfPath(path string) Area {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch area := Area(first); area {
	case AreaMe, AreaStaff, AreaAdmin:
		return area
	default:
		return AreaPublic
	}
}

// mayEnter decides what navigation shows, not what is allowed: handlers check that.
func mayEnter(actor habeas.Actor, area Area) bool {
	switch area {
	case AreaMe:
		return actor.Has(habeas.RolePerson)
	case AreaStaff:
		return actor.Has(habeas.RoleStaff)
	case AreaAdmin:
		return actor.Has(habeas.RoleAdministrator)
	case AreaPublic:
	}
	return true
}

func areaName(area Area) string {
	switch area {
	case AreaMe:
		return lang.Mark("Me")
	case AreaStaff:
		return lang.Mark("Staff")
	case AreaAdmin:
		return lang.Mark("Admin")
	case AreaPublic:
	}
	return lang.Mark("Public")
}
