/** Starts the app and shows it; in production also the service worker. */
import { mount } from 'svelte';
import './look/tokens.css';
import './look/base.css';
import { startApp } from './app';
import { wordsAreThere } from './begin';
import App from './views/App.svelte';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no #app');
void wordsAreThere.then(() => mount(App, { target, props: startApp() }));

if (import.meta.env.PROD && 'serviceWorker' in navigator)
  window.addEventListener('load', () => {
    navigator.serviceWorker.register('/sw.js').catch(() => undefined);
  });
