//! The person at their browser.

use std::collections::BTreeMap;

use reqwest::{
    Client, RequestBuilder, Response,
    header::{COOKIE, HeaderMap, SET_COOKIE},
};
use scraper::{Html, Selector};
use url::Url;

use crate::{CALLBACK_PATH, Form, http::location, http_client};

/// How many pages a flow may lead through.
const MAX_HOPS: usize = 12;

/// Somebody who opens a connect URL and decides.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    http: Client,
    cookies: BTreeMap<String, BTreeMap<String, String>>,
    choices: Vec<(String, String)>,
    /// Every answer so far, redirects included.
    pub seen: Vec<Page>,
}

/// What a browser gets to see.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its address.
    pub url: Url,
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The source.
    pub text: String,
    /// Where it leads on by itself.
    pub location: Option<Url>,
}

impl Browser {
    /// Somebody without any cookie, who leaves every choice as it is.
    #[must_use]
    pub fn new() -> Self {
        Self {
            http: http_client(),
            ..Self::default()
        }
    }

    /// Chooses this in every form that offers it: `workspace`, `person`, `channel`, `tenant`.
    #[must_use]
    pub fn choosing(mut self, field: &str, value: &str) -> Self {
        self.choices.retain(|(known, _)| known != field);
        self.choices.push((field.to_owned(), value.to_owned()));
        self
    }

    /// One request, whatever comes back.
    pub async fn get(&mut self, url: &Url) -> Page {
        let request = self.http.get(url.clone());
        self.send(request, url).await
    }

    /// Opens a page, following redirects.
    pub async fn open(&mut self, url: &Url) -> Page {
        let mut page = self.get(url).await;
        for _ in 0..MAX_HOPS {
            let Some(next) = page.location.clone() else {
                return page;
            };
            page = self.get(&next).await;
        }
        panic!("{url} leads through more than {MAX_HOPS} pages");
    }

    /// Allows whatever is asked, to the last page.
    pub async fn allow(&mut self, url: &Url) -> Page {
        self.decide(url, "allow").await
    }

    /// Cancels whatever is asked, to the last page.
    pub async fn cancel(&mut self, url: &Url) -> Page {
        self.decide(url, "cancel").await
    }

    async fn decide(&mut self, url: &Url, decision: &str) -> Page {
        let mut page = self.open(url).await;
        for _ in 0..MAX_HOPS {
            let Some(form) = page.form() else {
                return page;
            };
            let answer = self.submit(form, decision).await;
            page = self.open(&answer).await;
        }
        panic!("{url} asks more than {MAX_HOPS} times");
    }

    /// Allows what this page asks, and stops in front of the callback: answers its URL.
    pub async fn callback(&mut self, url: &Url) -> Url {
        self.answer(url, "allow").await
    }

    /// Cancels what this page asks, and stops in front of the callback: answers its URL.
    pub async fn cancelled_callback(&mut self, url: &Url) -> Url {
        self.answer(url, "cancel").await
    }

    async fn answer(&mut self, url: &Url, decision: &str) -> Url {
        let page = self.open(url).await;
        let form = page.form().expect("a page that asks");
        let callback = self.submit(form, decision).await;
        assert_eq!(callback.path(), CALLBACK_PATH);
        callback
    }

    async fn submit(&mut self, mut form: Form, decision: &str) -> Url {
        for (name, value) in &self.choices {
            form.choose(name, value);
        }
        form.fields
            .push(("decision".to_owned(), decision.to_owned()));
        let request = self.http.post(form.action.clone()).form(&form.fields);
        let page = self.send(request, &form.action).await;
        page.location
            .clone()
            .unwrap_or_else(|| panic!("{} leads nowhere: {}", page.url, page.text))
    }

    /// The callback that was visited last.
    #[must_use]
    #[track_caller]
    pub fn last_callback(&self) -> Url {
        let mut urls = self.seen.iter().rev().map(|page| &page.url);
        let callback = urls.find(|url| url.path() == CALLBACK_PATH);
        callback.expect("a callback was visited").clone()
    }

    async fn send(&mut self, request: RequestBuilder, url: &Url) -> Page {
        let request = match self.cookies_for(url) {
            Some(cookies) => request.header(COOKIE, cookies),
            None => request,
        };
        let response = request.send().await.expect("somebody answers");
        self.keep_cookies(&response);
        let page = Page::read(response).await;
        self.seen.push(page.clone());
        page
    }

    fn cookies_for(&self, url: &Url) -> Option<String> {
        let cookies = self.cookies.get(&url.origin().ascii_serialization())?;
        let pairs = cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        Some(pairs.collect::<Vec<_>>().join("; "))
    }

    fn keep_cookies(&mut self, response: &Response) {
        let origin = response.url().origin().ascii_serialization();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let cookie = cookie.to_str().expect("text");
            let pair = cookie.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a name and a value");
            let jar = self.cookies.entry(origin.clone()).or_default();
            jar.insert(name.to_owned(), value.to_owned());
        }
    }
}

impl Page {
    async fn read(response: Response) -> Self {
        Self {
            url: response.url().clone(),
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            location: location(&response),
            text: response.text().await.expect("a body"),
        }
    }

    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The form that the page posts, if it has one.
    #[must_use]
    pub fn form(&self) -> Option<Form> {
        Form::of(&self.url, &self.text)
    }

    /// What a person reads: the text of the body, blanks folded.
    #[must_use]
    pub fn words(&self) -> String {
        self.select("main").join(" ")
    }

    /// The reference on one of our pages, by which the attempt is found.
    #[must_use]
    #[track_caller]
    pub fn reference(&self) -> String {
        let mut found = self.select("footer code");
        assert_eq!(
            found.len(),
            1,
            "{} has no reference: {}",
            self.url,
            self.text
        );
        found.remove(0)
    }

    /// The texts of the elements that a CSS selector finds.
    #[must_use]
    pub fn select(&self, selector: &str) -> Vec<String> {
        let selector = Selector::parse(selector).expect("a selector");
        let document = Html::parse_document(&self.text);
        let text = |element: scraper::ElementRef<'_>| {
            let text: String = element.text().collect();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        document.select(&selector).map(text).collect()
    }
}
