//! A form as a browser would submit it.

use reqwest::Response;
use scraper::{ElementRef, Html, Selector};

use super::{Bench, send};

/// The form of a page, filled in with what is preselected.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) page: String,
}

impl Form {
    pub(crate) async fn read(response: Response) -> Self {
        assert_eq!(response.status(), 200);
        let page = response.text().await.expect("a page");
        Self::parse(page)
    }

    /// Chooses another value.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let (_, value) = self.fields.iter().find(|(known, _)| known == name)?;
        Some(value)
    }

    pub(crate) async fn allow(self, bench: &Bench) -> Response {
        self.press(bench, "allow").await
    }

    pub(crate) async fn cancel(self, bench: &Bench) -> Response {
        self.press(bench, "cancel").await
    }

    async fn press(self, bench: &Bench, decision: &str) -> Response {
        let form = self.with("decision", decision);
        send(bench.http.post(&form.action).form(&form.fields)).await
    }

    fn parse(page: String) -> Self {
        let html = Html::parse_document(&page);
        let form = html
            .select(&css("form[method=post]"))
            .next()
            .expect("a form");
        let mut fields = Vec::new();
        for input in form.select(&css("input[type=hidden]")) {
            fields.push((attribute(input, "name"), attribute(input, "value")));
        }
        for select in form.select(&css("select")) {
            let chosen = select
                .select(&css("option[selected]"))
                .next()
                .or_else(|| select.select(&css("option")).next())
                .expect("an option");
            fields.push((attribute(select, "name"), attribute(chosen, "value")));
        }
        let action = attribute(form, "action");
        Self {
            action,
            fields,
            page,
        }
    }
}

fn css(selector: &str) -> Selector {
    Selector::parse(selector).expect("a selector")
}

fn attribute(element: ElementRef<'_>, name: &str) -> String {
    element.attr(name).expect("an attribute").to_owned()
}
