//! docs/PERFORMANCE.md: a page by hand, with the figures of the last whole run in it.

use anyhow::Context;
use xshell::Shell;

pub(super) const PAGE: &str = "docs/PERFORMANCE.md";

/// Puts these figures into the page, in place of the last ones of this name.
pub(super) fn write(sh: &Shell, name: &str, figures: &str) -> anyhow::Result<()> {
    let page = sh.read_file(PAGE)?;
    let page = with_figures(&page, name, figures)
        .with_context(|| format!("{PAGE} has no place for figures of `{name}`"))?;
    Ok(sh.write_file(PAGE, page)?)
}

fn with_figures(page: &str, name: &str, figures: &str) -> Option<String> {
    let begin = format!("<!-- {name}: begin; written by `cargo xtask bench` -->");
    let end = format!("<!-- {name}: end -->");
    let (before, rest) = page.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    let figures = figures.trim();
    Some(format!("{before}{begin}\n\n{figures}\n\n{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_replace_figures_and_nothing_else() {
        let (begin, end) = (
            "<!-- a: begin; written by `cargo xtask bench` -->",
            "<!-- a: end -->",
        );
        let page = format!("# A\n\n{begin}\nold\n{end}\n\nb\n");
        let expected = format!("# A\n\n{begin}\n\nnew\n\n{end}\n\nb\n");
        assert_eq!(with_figures(&page, "a", "new\n").unwrap(), expected);
        assert_eq!(with_figures(&expected, "a", "new").unwrap(), expected);
        assert_eq!(with_figures(&page, "b", "new"), None);
    }

    #[test]
    fn a_page_without_its_place_for_figures_is_left_alone() {
        assert_eq!(with_figures("# A\n", "a", "new"), None);
    }
}
