/** Starts the app and shows it; in production also follows its versions. */
import { mount } from 'svelte';
import './look/tokens.css';
import './look/base.css';
import { startApp } from './app';
import { wordsAreThere } from './begin';
import App from './views/App.svelte';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no #app');
const starting = wordsAreThere.then(() => {
  const app = startApp();
  mount(App, { target, props: app });
  return app;
});

if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  const { controller } = navigator.serviceWorker; // of the same build as this page
  window.addEventListener('load', () => {
    Promise.all([starting, import('./version/follow.svelte')])
      .then(([app, { followVersions }]) => followVersions(app.store, controller))
      .catch(() => undefined);
  });
}
