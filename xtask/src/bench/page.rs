//! docs/PERFORMANCE.md: a page by hand, with the figures of the last whole run in it.

use anyhow::Context;
use xshell::Shell;

pub(super) const PAGE: &str = "docs/PERFORMANCE.md";

const BEGIN: &str = "<!-- bench: begin; written by `cargo xtask bench` -->";
const END: &str = "<!-- bench: end -->";

/// Puts these figures into the page, in place of the last ones.
pub(super) fn write(sh: &Shell, figures: &str) -> anyhow::Result<()> {
    let page = sh.read_file(PAGE)?;
    let page = with_figures(&page, figures)
        .with_context(|| format!("{PAGE} lacks the line {BEGIN} or {END}"))?;
    Ok(sh.write_file(PAGE, page)?)
}

fn with_figures(page: &str, figures: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!(
        "{before}{BEGIN}\n\n{}\n\n{END}{after}",
        figures.trim()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_replace_figures_and_nothing_else() {
        let page = format!("# A\n\n{BEGIN}\nold\n{END}\n\nb\n");
        let expected = format!("# A\n\n{BEGIN}\n\nnew\n\n{END}\n\nb\n");
        assert_eq!(with_figures(&page, "new\n").unwrap(), expected);
        assert_eq!(with_figures(&expected, "new").unwrap(), expected);
    }

    #[test]
    fn a_page_without_its_place_for_figures_is_left_alone() {
        assert_eq!(with_figures("# A\n", "new"), None);
    }
}
