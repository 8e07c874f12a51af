//! A form as a browser would submit it.

use scraper::{ElementRef, Html, Selector};
use url::Url;

/// The form of a page, filled in with what is preselected.
#[derive(Clone, Debug)]
pub struct Form {
    /// Where it is posted to.
    pub action: Url,
    /// Its fields, without its buttons.
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// The form that a page posts, if it has one.
    #[must_use]
    pub fn of(page: &Url, html: &str) -> Option<Self> {
        let document = Html::parse_document(html);
        let form = document.select(&css("form[method=post]")).next()?;
        let hidden = css("input[type=hidden]");
        let fields = form
            .select(&hidden)
            .map(|input| (attribute(input, "name"), attribute(input, "value")));
        let selects = css("select");
        let chosen = form
            .select(&selects)
            .map(|select| (attribute(select, "name"), preselected(select)));
        Some(Self {
            action: page.join(&attribute(form, "action")).expect("a URL"),
            fields: fields.chain(chosen).collect(),
        })
    }

    /// Chooses another value of a field that the form has.
    pub fn choose(&mut self, name: &str, value: &str) {
        for (_, chosen) in self.fields.iter_mut().filter(|(known, _)| known == name) {
            value.clone_into(chosen);
        }
    }
}

fn preselected(select: ElementRef<'_>) -> String {
    let (marked, any) = (css("option[selected]"), css("option"));
    let option = select.select(&marked).next();
    let option = option.or_else(|| select.select(&any).next());
    attribute(option.expect("an option"), "value")
}

fn css(selector: &str) -> Selector {
    Selector::parse(selector).expect("a selector")
}

fn attribute(element: ElementRef<'_>, name: &str) -> String {
    element.attr(name).expect("an attribute").to_owned()
}
