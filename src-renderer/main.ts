// Entry of the window: styles, then the app. The same page runs in Electron and in any browser.
import './style/tokens.css';
import './style/base.css';
import { mount } from 'svelte';
import App from './App.svelte';

mount(App, { target: document.getElementById('app')! });
